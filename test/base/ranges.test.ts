import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ranges } from '../../src/base/ranges.ts';

const width = 40;
type Step = readonly ['add' | 'remove', number, number];
const steps = fc.array(fc.tuple(fc.constantFrom('add' as const, 'remove' as const), fc.nat(width), fc.nat(width)), {
  maxLength: 25,
});

const run = (list: readonly Step[]): { readonly ranges: Ranges; readonly model: ReadonlySet<number> } => {
  const model = new Set<number>();
  let ranges = Ranges.empty;
  for (const [kind, start, end] of list) {
    ranges = kind === 'add' ? ranges.add(start, end) : ranges.remove(start, end);
    for (let at = start; at < end; at += 1) {
      if (kind === 'add') model.add(at);
      else model.delete(at);
    }
  }
  return { ranges, model };
};

test('holds the same positions as a set of numbers, in order and merged', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const { ranges, model } = run(list);
      const positions = ranges.list.flatMap(({ start, end }) =>
        Array.from({ length: end - start }, (_, i) => start + i),
      );
      assert.deepEqual(
        positions,
        [...model].sort((a, b) => a - b),
      );
      assert.equal(ranges.size, model.size);
      for (const [index, range] of ranges.list.entries()) {
        assert.ok(range.start < range.end);
        assert.ok(index === 0 || (ranges.list[index - 1]?.end ?? 0) < range.start, 'neighbours are one range');
      }
    }),
  );
});

test('gaps and covers say what is missing', () => {
  fc.assert(
    fc.property(steps, fc.nat(width), fc.nat(width), (list, start, end) => {
      const { ranges, model } = run(list);
      const missing = Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i).filter(
        (at) => !model.has(at),
      );
      const gaps = ranges.gaps(start, end);
      assert.deepEqual(
        gaps.flatMap((gap) => Array.from({ length: gap.end - gap.start }, (_, i) => gap.start + i)),
        missing,
      );
      assert.equal(ranges.covers(start, end), missing.length === 0);
    }),
  );
});

test('without is the difference, and pairs give the same set again', () => {
  fc.assert(
    fc.property(steps, steps, (one, other) => {
      const left = run(one);
      const right = run(other);
      const difference = left.ranges.without(right.ranges);
      assert.equal(difference.size, [...left.model].filter((at) => !right.model.has(at)).length);
      assert.deepEqual(Ranges.from(left.ranges.toPairs().reverse()).list, left.ranges.list);
    }),
  );
});

test('no set is changed in place', () => {
  const before = Ranges.from([[0, 10]]);
  before.add(20, 30);
  before.remove(2, 4);
  assert.deepEqual(before.toPairs(), [[0, 10]]);
});
