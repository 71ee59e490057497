import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { makeUser, type User } from './command.ts';

interface Started {
  readonly url: string;
  readonly api_url: string;
  readonly login_url: string;
  end(): Promise<number | null>;
}

const start = async (user: User, ...args: readonly string[]): Promise<Started> => {
  const child = user.start(['--json', 'emulator', ...args]);
  const [line] = (await once(createInterface({ input: child.stdout ?? process.stdin }), 'line')) as [string];
  const end = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    await once(child, 'close');
    return child.exitCode;
  };
  return { ...(JSON.parse(line) as { url: string; api_url: string; login_url: string }), end };
};

describe('skydrive emulator', () => {
  it('listens on a free port, says where, and ends on a signal', async () => {
    await using user = await makeUser();
    const emulator = await start(user);
    assert.match(emulator.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual([emulator.api_url, emulator.login_url], [`${emulator.url}/v5.0`, emulator.url]);
    assert.equal((await fetch(`${emulator.api_url}/me`)).status, 401);
    assert.equal(await emulator.end(), 0);
    await assert.rejects(fetch(`${emulator.api_url}/me`));
  });

  it('keeps a drive in --data over a restart, one command at a time', async () => {
    await using user = await makeUser();
    const data = await user.folder('data');
    const first = await start(user, '--data', data, '--seed-tree', '40', '--quota', '1G', '--latency', '1');
    const second = await user.run(['emulator', '--data', data]);
    assert.equal(second.code, 1);
    assert.match(second.err, /in use|locked|another/i);
    assert.equal(await first.end(), 0);
    const again = await start(user, '--data', data);
    assert.equal(await again.end(), 0);
  });

  it('tells a person how to connect', async () => {
    await using user = await makeUser();
    const child = user.start(['emulator']);
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
      if (said.includes('skydrive mount')) child.kill('SIGINT');
    });
    await once(child, 'close');
    assert.match(said, /^skydrive:\n {2}dialect: live\n {2}api_url: http:\/\/127\.0\.0\.1:\d+\/v5\.0$/m);
    assert.equal(child.exitCode, 0);
  });

  it('refuses to be reached from elsewhere', async () => {
    await using user = await makeUser();
    const { code, err } = await user.run(['emulator', '--host', '0.0.0.0']);
    assert.equal(code, 1);
    assert.match(err, /loopback/);
  });
});
