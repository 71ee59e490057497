import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { toYaml } from '../../src/cli/yaml-lines.ts';

describe('results as YAML', () => {
  it('has the layout of the ancestor', () => {
    const value = { b: [{ z: 1, x: 'text' }, 'two'], a: { c: {} }, description: '', none: null, yes: true };
    assert.equal(
      toYaml(value),
      "a:\n  c: {}\nb:\n  - x: text\n    z: 1\n  - two\ndescription: ''\nnone: null\n'yes': true",
    );
    assert.equal(toYaml(['a', 'b']), '- a\n- b');
    assert.equal(toYaml([]), '');
  });

  it('sorts by code point, and leaves names of any script as they are', () => {
    assert.equal(toYaml({ '\u{1F600}': 1, '\uFF21': 2, 你好: 3 }), '你好: 3\n\uFF21: 2\n\u{1F600}: 1');
    assert.equal(toYaml(['ünï 🙂.txt', 'שלום', 'e\u0301']), '- ünï 🙂.txt\n- שלום\n- e\u0301');
  });

  it('quotes what a parser would take for something else', () => {
    const taken = [
      'true',
      'No',
      'null',
      '~',
      '12',
      '0777',
      '1_000',
      '12:30:45',
      '2013-03-03',
      '1e3',
      '.5',
      '',
      ' a',
      '- a',
    ];
    for (const text of taken) assert.equal(toYaml(text), `'${text}'`);
    assert.equal(toYaml("#it's"), "'#it''s'");
    assert.equal(toYaml('two\nlines'), '"two\\nlines"');
    // No time of YAML, and never quoted by the ancestor.
    for (const text of ['2013-03-03T14:11:12+0000', 'a: b'.replace(': ', ':'), '1.txt', 'folder.a6b2!113'])
      assert.equal(toYaml(text), text);
  });

  it('is read back as it was', () => {
    const text = fc.string({ unit: 'binary' });
    const value = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('tree'), { maxLength: 4, minLength: 1 }),
      map: fc.dictionary(text, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    })).tree;
    fc.assert(
      fc.property(value, (wanted) => assert.deepEqual(load(toYaml(wanted)), wanted)),
      { numRuns: 500 },
    );
  });
});
