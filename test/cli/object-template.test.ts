import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { objectTemplate } from '../../src/cli/object-template.ts';

const object = {
  ...{ id: 'file.1', name: "it's", count: 7, size: 1_234_567, ratio: 0.5, open: true, none: null },
  from: { name: 'Ann', id: '9' },
};

describe('-k: what to print of objects', () => {
  it('is a key, or a format string of Python', () => {
    const cases: readonly (readonly [string, string | undefined])[] = [
      ['id', 'file.1'],
      ['none', 'None'],
      ['open', 'True'],
      ['missing', undefined],
      ['from', '{"name":"Ann","id":"9"}'],
      ['{0[id]} {0[from][name]}', 'file.1 Ann'],
      ['{0[name]!r}', '"it\'s"'],
      ['{0[id]!r:>10}', "  'file.1'"],
      ['{0[count]:03d}', '007'],
      ['{0[count]:+d}|{0[count]:<4}|{0[count]:^5}|', '+7|7   |  7  |'],
      ['{0[size]:,}', '1,234,567'],
      ['{0[size]:x}', '12d687'],
      ['{0[ratio]:.2f} {0[ratio]:.0%}', '0.50 50%'],
      ['{0[id]:.4}', 'file'],
      ['{0[id]:*^10s}', '**file.1**'],
      ['{{{0[id]}}}', '{file.1}'],
      ['{0[id]:d}', undefined],
      ['{0[count]:s}', undefined],
      ['{0[from][missing]}', undefined],
      [' ', ' '],
    ];
    for (const [spec, expected] of cases) assert.equal(objectTemplate(spec)(object), expected, spec);
  });

  it('says what is no format string', () => {
    for (const spec of ['{0[id]', '{0[id]} }', '{1[id]}', '{id}', '{0[id]:q}']) {
      assert.throws(() => objectTemplate(spec), /is no field|is alone|no format/, spec);
    }
  });
});
