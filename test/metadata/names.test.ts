import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  distinctName,
  isLinkItem,
  isNamedAfter,
  maxNameLength,
  toLocalName,
  toRemoteName,
} from '../../src/metadata/names.ts';

const special = fc.constantFrom(
  ...'\\*<>?:|". ~#%&{}',
  '\x01',
  '\x1f',
  '\x7f',
  'é',
  '\u{1f600}',
  '\u{f001}',
  '\u{f02e}',
  ...'\u0080\u0085\u009f\u00a0\u2003\u2028\u3000\ufeff',
  ...'\uf080\uf100\uf120\uf1ff',
  'A',
);
const anyName = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.array(special, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(special, { maxLength: 4 }).map((parts) => `${parts.join('')}.rclonelink`),
  )
  .map((name) => name.toWellFormed());
/** What the kernel can hand us. */
const localName = anyName.filter((name) => !/[/\0]/.test(name) && name !== '.' && name !== '..');
/** What a server may say. */
const remoteName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '/',
    '\0',
    '../../etc/passwd',
    '\uf02e',
    '\uf02e\uf02e',
    '\uf02e.',
    'a/b',
    '.rclonelink',
  ),
  anyName,
);

test('every name comes back as it was, as file and as symlink', () => {
  fc.assert(
    fc.property(localName, fc.boolean(), (name, isLink) => {
      const remote = toRemoteName(name, isLink);
      fc.pre(remote.length <= maxNameLength);
      assert.equal(toLocalName(remote, isLink), name);
    }),
    { numRuns: 3000 },
  );
});

test('the drive is never given what it cannot hold', () => {
  fc.assert(
    fc.property(localName, fc.boolean(), (name, isLink) => {
      const remote = toRemoteName(name, isLink);
      assert.doesNotMatch(remote, /[\\*<>?:|"\p{Cc}]/u);
      assert.doesNotMatch(remote, /^\s|[\s.]$/);
      assert.ok(remote.length > 0);
    }),
    { numRuns: 1000 },
  );
});

test('names that are on drives mean what they always meant', () => {
  for (const [remote, local] of [
    ['12\uf03a30', '12:30'],
    ['\uf020a\uf02e', ' a.'],
    ['\uf080\uf03a', '\uf03a'],
    ['\uf080\uf080', '\uf080'],
    ['\uf080\uf080\uf100', '\uf080\uf100'],
    ['\uf080', '\uf080'],
    ['\uf080\uf041', '\uf080\uf041'],
    ['\uf100', '\uf100'],
    ['c1\uf080\uf105.txt', 'c1\u0085.txt'],
    ['report\uf080\uf120', 'report\u00a0'],
    ['\uf080\uf131ja.txt', '\u3000ja.txt'],
    ['bom\uf080\uf132', 'bom\ufeff'],
    ['a\u00a0b', 'a\u00a0b'],
  ] as const)
    assert.equal(toLocalName(remote, false), local, JSON.stringify(remote));
  assert.equal(toRemoteName('c1\u0085.txt', false), 'c1\uf080\uf105.txt');
  assert.equal(toRemoteName('bom\ufeff', false), 'bom\uf080\uf132');
  assert.equal(toRemoteName('a\u00a0b\ufeffc', false), 'a\u00a0b\ufeffc');
});

test('whatever a server says, the kernel can take it', () => {
  fc.assert(
    fc.property(remoteName, fc.boolean(), (remote, isLink) => {
      const name = toLocalName(isLink ? `${remote}.rclonelink` : remote, isLink);
      assert.doesNotMatch(name, /[/\0]/);
      assert.ok(name !== '' && name !== '.' && name !== '..');
      assert.ok(name.length <= maxNameLength);
      assert.ok(name.isWellFormed());
    }),
    { numRuns: 2000 },
  );
});

test('a file that is called like a symlink does not become one', () => {
  assert.equal(isLinkItem(toRemoteName('notes.rclonelink', false), 10), false);
  assert.equal(isLinkItem(toRemoteName('notes', true), 10), true);
  assert.equal(isLinkItem('notes.rclonelink', 0), false, 'an empty one points nowhere');
  assert.equal(isLinkItem('notes.rclonelink', 5000), false, 'no path is that long');
  assert.equal(isLinkItem('.rclonelink', 10), false, 'a symlink has a name');
});

test('numbers stand before the extension and make every name another, however long it is', () => {
  assert.equal(distinctName('a.txt', 2), 'a (2).txt');
  assert.equal(distinctName('.profile', 2), '.profile (2)');
  assert.equal(distinctName('a.tar.gz', 3), 'a.tar (3).gz');
  assert.equal(distinctName('Mrs. Smith', 2), 'Mrs. Smith (2)');
  assert.equal(distinctName('a (17.02)', 2), 'a (17.02) (2)');
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
      fc.integer({ min: 2, max: 1e6 }),
      (name, n) => {
        const first = distinctName(name, n);
        assert.ok(first.length <= maxNameLength);
        assert.notEqual(first, distinctName(name, n + 1));
      },
    ),
  );
});

test('a name is told from its likes with a number', () => {
  for (const [name, other] of [
    ['a.txt', 'a.txt'],
    ['A.txt', 'a.txt'],
    ['a (2).txt', 'a.txt'],
    ['a (1) (17).txt', 'a (1).txt'],
  ] as const)
    assert.ok(isNamedAfter(name, other), name);
  for (const [name, other] of [
    ['b.txt', 'a.txt'],
    ['a (two).txt', 'a.txt'],
    ['a (2).txt', 'a (2) (3).txt'],
    ['a (conflict host 2026-11-26 17.02.45).txt', 'a.txt'],
  ] as const)
    assert.ok(!isNamedAfter(name, other), name);
});
