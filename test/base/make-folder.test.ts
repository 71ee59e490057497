import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../src/base/make-folder.ts';
import { tempDir } from '../support/temp-dir.ts';

test('makes what is missing above, and leaves what is there', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'a', 'b', 'c');
  makeFolder(path, 0o700);
  makeFolder(path, 0o700);
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('says why it cannot, where Node would not return', { skip: !existsSync('/proc/self') && 'no /proc' }, () => {
  assert.throws(() => makeFolder('/proc/nothing/such', 0o700), { code: 'ENOENT' });
});

test('a file in the way is an error', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'file');
  writeFileSync(path, '');
  assert.throws(() => makeFolder(path, 0o700), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(path, 'below'), 0o700), { code: 'ENOTDIR' });
});
