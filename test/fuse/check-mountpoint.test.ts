// What a mountpoint must be, where nothing is mounted. Mounts at the place: suites/driver-suite.ts.
import assert from 'node:assert/strict';
import { chmod, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { checkMountpoint } from '../../src/fuse/check-mountpoint.ts';
import { MountError } from '../../src/fuse/driver.ts';
import { tempDir } from '../support/temp-dir.ts';

const refused = async (path: string, said: RegExp): Promise<void> => {
  await assert.rejects(checkMountpoint(path), (error) => {
    assert.ok(error instanceof MountError);
    assert.match(error.message, said);
    return true;
  });
};

it('an empty folder is one, and gets its path without links', async () => {
  await using folder = await tempDir();
  await mkdir(join(folder.path, 'real'));
  const real = await realpath(join(folder.path, 'real'));
  await symlink('real', join(folder.path, 'link'));
  await symlink('link', join(folder.path, 'link to link'));
  for (const name of ['real', 'real/', 'link', 'link to link', 'real/../link'])
    assert.equal(await checkMountpoint(join(folder.path, name)), real);
});

it('anything else is not, and is named', async () => {
  await using folder = await tempDir();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at('file'), '');
  await mkdir(at('full'));
  await writeFile(at('full/thing'), '');
  await symlink('nowhere', at('broken'));
  await refused(at('missing'), /missing does not exist; make it with mkdir/);
  await refused(at('missing/below'), /does not exist/);
  await refused(at('file'), /file is not a folder/);
  await refused(at('file/below'), /is not a folder/);
  await refused(at('full'), /full is not empty: it holds 'thing'/);
  await refused(at('broken'), /broken does not exist/);
  await refused('/proc', /\/proc is a mountpoint already: proc \(proc\)/);
});

it('a folder of somebody else is not', { skip: process.getuid?.() === 0 ? 'root may enter all' : false }, async () => {
  await using folder = await tempDir();
  await mkdir(join(folder.path, 'closed/below'), { recursive: true });
  await chmod(join(folder.path, 'closed'), 0);
  await refused(join(folder.path, 'closed/below'), /may not be entered by this user/);
  await chmod(join(folder.path, 'closed'), 0o700);
});
