import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { askDaemon, UnansweredError } from '../../src/daemon/control-client.ts';
import { type ControlServer, openControlServer, type Respond } from '../../src/daemon/control-server.ts';
import { failureOf } from '../../src/daemon/failure.ts';
import { ControlError } from '../../src/daemon/protocol.ts';
import { newSocketPath } from '../../src/daemon/runtime-folder.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { tempDir } from '../support/temp-dir.ts';

const mountOn = (mountpoint: string) => ({ mountpoint, uid: process.getuid?.() ?? 0, account: undefined });

const listening = async (mountpoint: string, respond: Respond): Promise<ControlServer & { path: string }> => {
  const path = newSocketPath(mountpoint);
  return { ...(await openControlServer(path, respond, failureOf, silentLog)), path };
};

describe('control socket', () => {
  it('answers one question, and only the user can reach it', async () => {
    await using dir = await tempDir();
    const server = await listening(dir.path, async ({ ask }) => ({ pid: 7, ask }));
    assert.equal((await askDaemon(mountOn(dir.path), { ask: 'ping' })).pid, 7);
    assert.equal(statSync(server.path).mode & 0o777, 0o600);
    assert.equal(statSync(join(server.path, '..')).mode & 0o077, 0);
    await server.close();
  });

  it('brings failures across with their kind', async () => {
    await using dir = await tempDir();
    const server = await listening(dir.path, async () => {
      throw new DriveError('signed-out', 'the token is refused');
    });
    await assert.rejects(
      askDaemon(mountOn(dir.path), { ask: 'status' }),
      (error: unknown) =>
        error instanceof ControlError && error.kind === 'signed-out' && /run "skydrive auth"/.test(error.message),
    );
    await server.close();
  });

  it('aborts a question whose asker hung up', async () => {
    await using dir = await tempDir();
    let aborted = (): void => {};
    const wasAborted = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const server = await listening(
      dir.path,
      (_, signal) => new Promise(() => signal.addEventListener('abort', () => aborted())),
    );
    await assert.rejects(askDaemon(mountOn(dir.path), { ask: 'sync' }, { timeoutMs: 50 }), /does not answer in time/);
    await wasAborted;
    await server.close();
  });

  it('closes although an answer never comes', async () => {
    await using dir = await tempDir();
    let asked = (): void => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const server = await listening(dir.path, () => new Promise(() => asked()));
    const cutOff = assert.rejects(askDaemon(mountOn(dir.path), { ask: 'sync' }), /ended before it answered/);
    await wasAsked;
    await server.close();
    await cutOff;
  });

  it('refuses what is no question, and other versions', async () => {
    await using dir = await tempDir();
    const server = await listening(dir.path, async () => ({}));
    for (const line of ['hello\n', 'null\n', '{"v":99,"ask":"ping"}\n']) {
      const socket = createConnection(server.path);
      socket.write(line);
      assert.match(await text(socket), /"failure"/);
    }
    await server.close();
  });

  it('a socket that nobody serves is told, and replaced by the next server', async () => {
    await using dir = await tempDir();
    await assert.rejects(askDaemon(mountOn(dir.path), { ask: 'ping' }), UnansweredError);
    writeFileSync(newSocketPath(dir.path), '');
    const server = await listening(dir.path, async () => ({ pid: 1 }));
    assert.equal((await askDaemon(mountOn(dir.path), { ask: 'ping' })).pid, 1);
    await server.close();
  });
});
