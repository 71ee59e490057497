import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseItemRange, within } from '../../src/cli/item-range.ts';

async function* pagesOf(asked: number[]): AsyncIterable<readonly number[]> {
  for (const first of [0, 3, 6]) {
    asked.push(first);
    yield [first, first + 1, first + 2];
  }
}

describe('-r of ls', () => {
  it('is a limit, or an offset and a limit, either of which may be left out', async () => {
    const cases: readonly (readonly [string, readonly number[]])[] = [
      ['4', [0, 1, 2, 3]],
      ['0', []],
      ['5-', [5, 6, 7, 8]],
      ['-2', [0, 1]],
      ['2-3', [2, 3, 4]],
      ['2:3', [2, 3, 4]],
      ['8-5', [8]],
      ['20-5', []],
      ['2-0', []],
    ];
    for (const [text, expected] of cases) {
      const found: number[] = [];
      for await (const one of within(pagesOf([]), parseItemRange(text))) found.push(one);
      assert.deepEqual(found, expected, text);
    }
    for (const text of ['-', '', 'x', '1-2-3', '-1-2', '1.5'])
      assert.throws(() => parseItemRange(text), /is wanted/, text);
  });

  it('asks for no more pages than it takes', async () => {
    const asked: number[] = [];
    for await (const _one of within(pagesOf(asked), parseItemRange('1-2')));
    assert.deepEqual(asked, [0]);
  });
});
