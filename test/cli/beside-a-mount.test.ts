// Commands beside a mount of the same account: both see the same drive, and nothing is lost when both write. The README says what
// exactly holds, in the words of these tests.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Mounting, makeMounting, mountable } from './mounting.ts';

const run = promisify(execFile);

/** In another process, since this one serves the drive. */
const shell = async ({ mountpoint }: Mounting, script: string): Promise<string> =>
  (await run('sh', ['-c', script], { cwd: mountpoint })).stdout;

const contents = async ({ emulator }: Mounting): Promise<readonly string[]> => {
  const files = emulator.admin.tree().filter(({ sha1 }) => sha1 !== undefined);
  const all = await Promise.all(files.map(({ id }) => emulator.admin.read({ id })));
  return all.map((bytes) => Buffer.from(bytes).toString());
};

describe('commands beside a mount', mountable, () => {
  it('see what the mount has sent, which sync waits for', async () => {
    await using mounting = await makeMounting();
    await mounting.mount();
    await shell(mounting, 'mkdir Letters; echo hi > Letters/a.txt');
    assert.equal((await mounting.run('sync', mounting.mountpoint)).code, 0);
    assert.equal((await mounting.run('ls', 'Letters')).out, '- a.txt\n');
    assert.equal((await mounting.run('get', 'Letters/a.txt')).out, 'hi\n');
  });

  it('change what the mount shows once it lists the folder again', async () => {
    await using mounting = await makeMounting({}, ['listing_age: 0s']);
    await mounting.mount();
    await writeFile(join(mounting.user.home, 'new.txt'), 'from the command');
    assert.equal((await mounting.run('put', 'new.txt')).code, 0);
    assert.equal(await shell(mounting, 'cat new.txt'), 'from the command');
    assert.equal((await mounting.run('info_set', 'new.txt', '{"name": "other.txt"}')).code, 0);
    assert.match(await shell(mounting, 'sleep 1; ls'), /^other\.txt$/m);
    assert.equal((await mounting.run('rm', 'other.txt')).code, 0);
    assert.doesNotMatch(await shell(mounting, 'sleep 1; ls'), /other/);
  });

  it('and the mount may both store a new file of one name: both contents stay', async () => {
    await using mounting = await makeMounting({}, ['settle: 5s']);
    await mounting.mount();
    await shell(mounting, 'ls; printf "of the mount" > same.txt');
    await writeFile(join(mounting.user.home, 'same.txt'), 'of the command');
    assert.equal((await mounting.run('put', 'same.txt')).code, 0);
    await mounting.run('sync', mounting.mountpoint);
    assert.deepEqual([...(await contents(mounting))].sort(), ['of the command', 'of the mount']);
  });

  it('and the mount may both change a file: both contents stay', async () => {
    await using mounting = await makeMounting({}, ['settle: 5s']);
    await mounting.emulator.admin.put({ path: '/same.txt' }, 'before');
    await mounting.mount();
    await shell(mounting, 'cat same.txt; printf "of the mount" > same.txt');
    await writeFile(join(mounting.user.home, 'same.txt'), 'of the command');
    assert.equal((await mounting.run('put', 'same.txt')).code, 0);
    await mounting.run('sync', mounting.mountpoint);
    assert.deepEqual([...(await contents(mounting))].sort(), ['of the command', 'of the mount']);
  });

  it('may remove what the mount has changed: the change stays', async () => {
    await using mounting = await makeMounting({}, ['settle: 5s']);
    await mounting.emulator.admin.put({ path: '/gone.txt' }, 'before');
    await mounting.mount();
    await shell(mounting, 'cat gone.txt; printf "of the mount" > gone.txt');
    assert.equal((await mounting.run('rm', 'gone.txt')).code, 0);
    await mounting.run('sync', mounting.mountpoint);
    assert.deepEqual(await contents(mounting), ['of the mount']);
  });
});
