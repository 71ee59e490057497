// Standard output that takes nothing: a full disk is an error, a reader that has seen enough is none.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { ended, makeUser, type Outcome, type User } from './command.ts';

/** What a shell makes of `line`, in which `"$@"` is the command. */
const inShell = (user: User, line: string, args: readonly string[]): Promise<Outcome> =>
  ended(
    spawn('sh', ['-c', line, 'sh', ...user.command, ...args], {
      cwd: user.home,
      env: { PATH: process.env['PATH'], HOME: user.home },
    }),
  );

const commands = [['ls'], ['tree'], ['status'], ['--json', 'ls'], ['--help']];

describe('standard output', () => {
  it('on a full disk: exit code 1, and one sentence', async () => {
    await using emulator = await startEmulator({ autoApprove: true });
    await using user = await makeUser();
    await user.use(emulator);
    await user.signIn();
    for (const command of commands) {
      const { code, err } = await inShell(user, '"$@" > /dev/full', command);
      assert.equal(code, 1, `${command}: ${err}`);
      assert.match(err, /^skydrive: the output cannot be written: .*ENOSPC.*\n$/, `${command}`);
    }
  });

  it('closed by a reader that has seen enough: exit code 0, and not a word', async () => {
    await using emulator = await startEmulator({ autoApprove: true });
    await using user = await makeUser();
    await user.use(emulator);
    await user.signIn();
    for (let number = 0; number < 20; number += 1) await emulator.admin.put({ path: `/${number}.txt` }, 'text');
    for (const reader of ['head -n 1', 'head -c 0'])
      for (const command of commands) {
        const { code, err } = await inShell(user, `{ "$@"; echo "ended with $?" >&2; } | ${reader}`, command);
        assert.deepEqual([code, err], [0, 'ended with 0\n'], `${command} | ${reader}`);
      }
  });
});
