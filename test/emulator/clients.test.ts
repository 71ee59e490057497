// Clients in other languages, as they were written for the real service. Each is skipped where its language isn't installed.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';

const script = 'test/emulator/clients/sync_client.py';

for (const python of ['python3', 'python2.7']) {
  const missing = spawnSync(python, ['--version']).status !== 0;
  test(`${python}: sign-in, folders, files, comments, moves, BITS`, {
    skip: missing ? `no ${python}` : false,
  }, async () => {
    await using emulator = await startEmulator();
    const child = spawn(python, [script, emulator.url], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, said);
    assert.match(said, /done/);
  });
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;

test('curl: upload with Expect, a raw name, download through the redirect', {
  skip: hasCurl ? false : 'no curl',
}, async () => {
  await using emulator = await startEmulator();
  const curl = async (...words: string[]): Promise<string> => {
    const header = `Authorization: Bearer ${emulator.admin.token().accessToken}`;
    const child = spawn('curl', ['-sS', '-L', '-H', header, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    await once(child, 'close');
    return said;
  };
  const answer = await curl(
    '-H',
    'Expect: 100-continue',
    '-T',
    script,
    `${emulator.url}/v5.0/me/skydrive/files/你好.py`,
  );
  const { id } = JSON.parse(answer);
  assert.equal(emulator.admin.item({ id }).name, '你好.py');
  assert.match(await curl(`${emulator.url}/v5.0/${id}/content`), /^"""A client for the live API/);
  assert.match(await curl('-r', '3-10', `${emulator.url}/v5.0/${id}/content`), /^A client$/);
  const proxied = await curl('-x', emulator.url, 'http://apis.live.net/v5.0/me/skydrive');
  assert.match(proxied, /"upload_location": "http:\/\/apis\.live\.net\/v5\.0\//);
});
