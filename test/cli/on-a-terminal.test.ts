// What people see at a terminal, which scripts do not get: tables, and how far a transfer is.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { missingTools } from '../support/tools.ts';
import { type Mounting, makeMounting } from './mounting.ts';

/** script(1) gives the command a terminal, and copies what appears on it. */
const seen = async ({ user }: Mounting, ...args: readonly string[]): Promise<string> => {
  const words = [...user.command, ...args].map((word) => `'${word}'`).join(' ');
  const env = { PATH: process.env['PATH'], HOME: user.home, TERM: 'xterm', TZ: 'UTC' };
  const command = `stty cols 70; ${words}`;
  const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], { cwd: user.home, env });
  return stdout.replaceAll('\r\n', '\n');
};

const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;

describe('at a terminal', { skip: missingTools('script') ?? false }, () => {
  it('ls, recent, quota and comments are tables, whatever the script of the names', async () => {
    await using mounting = await makeMounting({ quota: 25 * 2 ** 30 });
    const { admin } = mounting.emulator;
    await admin.put({ path: '/Letters/你好.txt' }, 'x'.repeat(2000));
    await admin.put({ path: '/Letters/a\u202eb.txt' }, 'x');
    admin.mkdir({ path: '/Letters/older' });
    const listed = await seen(mounting, 'ls', 'Letters');
    assert.match(listed, new RegExp(`^1\\.0B {2}${time} {2}a\\\\u202eb\\.txt\\n {3}- {2}${time} {2}older/\\n`));
    assert.match(listed, new RegExp(`\\n2\\.0K {2}${time} {2}你好\\.txt\\n$`));
    assert.match(await seen(mounting, 'recent'), new RegExp(`^ *\\d\\.\\d\\w {2}${time} {2}\\S`));
    assert.equal(await seen(mounting, 'quota'), '25.0G free of 25.0G\n');
    await mounting.run('comment_add', 'Letters/你好.txt', 'so\nso');
    assert.match(
      await seen(mounting, 'comments', 'Letters/你好.txt'),
      new RegExp(`^${time} {2}\\S.*  comment\\.\\S+ {2}so\\\\x0aso\\n$`),
    );
  });

  it('get and put tell how far they are, and take that away at the end', async () => {
    await using mounting = await makeMounting();
    const { user, emulator, run } = mounting;
    await writeFile(join(user.home, 'big'), randomBytes(6_000_000));
    emulator.admin.set({ bandwidth: 2 });
    for (const args of [
      ['put', 'big'],
      ['get', 'big', 'back'],
    ]) {
      const text = await seen(mounting, ...args);
      assert.match(text, /big: \d+% of 5\.7M|back: \d+% of 5\.7M/, text);
      assert.match(text, /\d\.\d[KM]\/s, \d+s left/, text);
      // The last that is written clears the line.
      assert.ok(text.endsWith('\r\u001b[K'), JSON.stringify(text.slice(-40)));
    }
    emulator.admin.set({ bandwidth: 0 });
    assert.deepEqual(await run('get', 'big', 'again'), { code: 0, out: '', err: '' });
  });
});
