import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import { type Answer, ask, LiveClient } from '../live-client.ts';

const protocol = '{7df0354d-249b-430f-820d-3d2a9bef4931}';

class Bits {
  readonly #emulator: Emulator;
  readonly #path: string;
  readonly token: string;
  session = '';

  constructor(emulator: Emulator, path: string, token = emulator.admin.token().accessToken) {
    this.#emulator = emulator;
    this.#path = path;
    this.token = token;
  }

  packet(type: string, headers: Record<string, string> = {}, body: string | Uint8Array = ''): Promise<Answer> {
    const all = { 'X-Http-Method-Override': 'BITS_POST', 'BITS-Packet-Type': type, ...headers };
    return ask(this.#emulator.url, 'POST', this.#path, { headers: all, body });
  }

  async create(): Promise<Answer> {
    const answer = await this.packet('Create-Session', {
      Authorization: `Bearer ${this.token}`,
      'BITS-Supported-Protocols': protocol,
    });
    this.session = String(answer.headers['bits-session-id']);
    return answer;
  }

  fragment(start: number, body: string | Uint8Array, total: number, header = 'Content-Range'): Promise<Answer> {
    const range = `bytes ${start}-${start + body.length - 1}/${total}`;
    return this.packet('Fragment', { 'BITS-Session-Id': this.session, [header]: range }, body);
  }

  close(token = this.token): Promise<Answer> {
    return this.packet('Close-Session', { 'BITS-Session-Id': this.session, Authorization: `Bearer ${token}` });
  }
}

const residOf = (id: string): string => id.split('.')[2] ?? '';

test('fragments in order become a file; header by header', async () => {
  await using emulator = await startEmulator();
  const bytes = randomBytes(300_000);
  const bits = new Bits(emulator, `/items/${residOf(emulator.admin.item({ path: '/Public' }).id)}/big%20%C3%A9.bin`);
  const created = await bits.create();
  assert.equal(created.status, 201);
  assert.equal(created.headers['bits-packet-type'], 'Ack');
  assert.equal(created.headers['bits-protocol'], protocol);
  for (let at = 0; at < bytes.length; at += 100_000) {
    const answer = await bits.fragment(at, bytes.subarray(at, at + 100_000), bytes.length);
    assert.deepEqual([answer.status, answer.headers['bits-received-content-range']], [200, String(at + 100_000)]);
  }
  const closed = await bits.close();
  assert.deepEqual([closed.status, closed.headers['bits-packet-type']], [200, 'Ack']);
  const item = emulator.admin.item({ path: '/Public/big é.bin' });
  assert.equal(closed.headers['x-resource-id'], residOf(item.id));
  assert.deepEqual(await emulator.admin.read({ path: '/Public/big é.bin' }), bytes);
});

test('by path: the root, folders below it, the uid in either case; what is there is replaced', async () => {
  await using emulator = await startEmulator({ uid: '0bee3874468ef5b6' });
  const upload = async (path: string, text: string) => {
    const bits = new Bits(emulator, path);
    assert.equal((await bits.create()).status, 201, path);
    assert.equal((await bits.fragment(0, text, text.length)).status, 200);
    return String((await bits.close()).headers['x-resource-id']);
  };
  const first = await upload('/users/0x0bee3874468ef5b6/LiveFolders/root.bin', 'one');
  assert.match(first, /^BEE3874468EF5B6!\d+$/);
  assert.equal(await upload('/users/0x0BEE3874468EF5B6/LiveFolders/root.bin', 'other'), first);
  await upload('/users/0xbee3874468ef5b6/LiveFolders/Public/below.bin', 'x');
  assert.equal((await emulator.admin.read({ path: '/root.bin' })).toString(), 'other');
  assert.equal((await emulator.admin.read({ path: '/Public/below.bin' })).toString(), 'x');
  const nowhere = new Bits(emulator, '/users/0x0bee3874468ef5b6/LiveFolders/no/such/folder.bin');
  assert.equal((await nowhere.create()).status, 404);
});

test('gaps, overlaps, repeats and wrong lengths', async () => {
  await using emulator = await startEmulator();
  const bits = new Bits(emulator, `/users/0x${emulator.admin.token().uid}/LiveFolders/f`);
  await bits.create();
  const gap = await bits.fragment(5, 'abcde', 10);
  assert.deepEqual([gap.status, gap.headers['bits-received-content-range']], [416, '0']);
  assert.equal((await bits.fragment(0, 'abcde', 10)).status, 200);
  const repeated = await bits.fragment(0, 'abcde', 10);
  assert.deepEqual([repeated.status, repeated.headers['bits-received-content-range']], [200, '5']);
  assert.equal((await bits.fragment(3, 'deabc', 10)).status, 416);
  assert.equal((await bits.fragment(5, 'fghij', 11)).status, 400, 'the total must not change');
  const early = await bits.close();
  assert.deepEqual([early.status, early.headers['bits-received-content-range']], [416, '5']);
  const short = await bits.packet(
    'Fragment',
    { 'BITS-Session-Id': bits.session, 'Content-Range': 'bytes 5-9/10' },
    'fg',
  );
  assert.equal(short.status, 400);
  assert.equal((await bits.fragment(5, 'fghij', 10, 'X-Content-Range')).status, 200);
  assert.equal((await bits.close()).status, 200);
  assert.equal((await emulator.admin.read({ path: '/f' })).toString(), 'abcdefghij');
});

test('empty files, unknown sessions, other packets', async () => {
  await using emulator = await startEmulator();
  const bits = new Bits(emulator, `/users/0x${emulator.admin.token().uid}/LiveFolders/f`);
  await bits.create();
  assert.equal((await bits.close()).status, 416);
  assert.equal((await bits.packet('Ping')).status, 200);
  assert.equal((await bits.packet('Cancel-Session', { 'BITS-Session-Id': bits.session })).status, 200);
  const gone = await bits.fragment(0, 'a', 1);
  assert.deepEqual([gone.status, gone.headers['x-clienterrorcode']], [500, 'UploadSessionNotFound']);
});

test('token trouble is told in a header; 401 at create, 500 at close', async () => {
  await using emulator = await startEmulator();
  const path = `/users/0x${emulator.admin.token().uid}/LiveFolders/f`;
  const bits = new Bits(emulator, path);
  await bits.create();
  await bits.fragment(0, 'abc', 3);
  emulator.admin.expireTokens();
  const late = await bits.close();
  assert.equal(late.status, 500);
  assert.match(String(late.headers['www-authenticate']), /^Bearer realm="OneDriveAPI", error="expired_token"/);
  const created = await new Bits(emulator, path, bits.token).create();
  assert.equal(created.status, 401);
  assert.match(String(created.headers['www-authenticate']), /error="expired_token"/);
  assert.match(
    String((await new Bits(emulator, path, 'x').create()).headers['www-authenticate']),
    /error="invalid_token"/,
  );
  emulator.admin.set({ bitsBoundToToken: true });
  const other = emulator.admin.token().accessToken;
  const stranger = await bits.close(other);
  assert.deepEqual([stranger.status, stranger.headers['x-clienterrorcode']], [500, 'UploadSessionNotFound']);
  emulator.admin.set({ bitsBoundToToken: false, bitsFreshTokenSeconds: 60, clockOffsetMs: 61_000 });
  assert.equal((await bits.close(other)).status, 500);
  assert.equal((await bits.close(emulator.admin.token().accessToken)).status, 200);
});

test('over the quota', async () => {
  await using emulator = await startEmulator({ quota: 10 });
  const bits = new Bits(emulator, `/users/0x${emulator.admin.token().uid}/LiveFolders/f`);
  await bits.create();
  assert.equal((await bits.fragment(0, 'abc', 11)).status, 507);
});

test('a session goes on after a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
  try {
    const first = await startEmulator({ dataDir });
    const path = `/users/0x${first.admin.token().uid}/LiveFolders/f`;
    const bits = new Bits(first, path);
    await bits.create();
    await bits.fragment(0, 'abcde', 10);
    await first.close();
    await using second = await startEmulator({ dataDir });
    const rest = new Bits(second, path, bits.token);
    rest.session = bits.session;
    assert.equal((await rest.fragment(5, 'fghij', 10)).status, 200);
    assert.equal((await rest.close()).status, 200);
    const { sha1 } = second.admin.item({ path: '/f' });
    assert.equal(sha1, 'd68c19a0a345b7eab78d5e11e991c026ec60db63');
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a plain client sees the new file under the id that the close answered', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const bits = new Bits(emulator, `/users/0x${emulator.admin.token().uid}/LiveFolders/f`);
  await bits.create();
  await bits.fragment(0, 'abc', 3);
  const resid = String((await bits.close()).headers['x-resource-id']);
  const me = (await client.get('me')).json.id;
  assert.equal((await client.get(`file.${me}.${resid}`)).json.name, 'f');
});
