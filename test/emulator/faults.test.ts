import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { Fault } from '../../src/emulator/faults.ts';
import { ask, LiveClient } from './live-client.ts';

interface Scene {
  readonly emulator: Emulator;
  readonly client: LiveClient;
  readonly fault: (fault: Fault) => number;
}

const scene = async (): Promise<Scene & AsyncDisposable> => {
  const emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const fault = (some: Fault) => emulator.admin.addFault(some);
  return { emulator, client, fault, [Symbol.asyncDispose]: () => emulator.close() };
};

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
};

const failsWith = (work: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(work, (error: NodeJS.ErrnoException) => error.code === code);

test('a burst of throttling, then all is well', async () => {
  await using setup = await scene();
  const { client, fault } = setup;
  fault({ match: { kind: 'list' }, action: { do: 'answer', status: 420, code: 'request_throttled' }, count: 2 });
  const path = 'me/skydrive/files';
  const answers = [await client.get(path), await client.get(path), await client.get(path)];
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [420, 420, 200],
  );
  assert.equal(answers[0]?.json.error.code, 'request_throttled');
  assert.equal((await client.get('me')).status, 200);
});

test('HTML where JSON is due, with 200 and with 502', async () => {
  await using setup = await scene();
  const { client, fault } = setup;
  fault({ action: { do: 'answer', status: 200, body: '<h1>hotel wifi</h1>' }, count: 1 });
  fault({ action: { do: 'answer', status: 502, body: '<h1>Bad Gateway</h1>', headers: { 'Retry-After': '7' } } });
  const first = await client.get('me');
  assert.deepEqual([first.status, first.json, first.headers['content-type']], [200, undefined, 'text/html']);
  const second = await client.get('me');
  assert.deepEqual([second.status, second.headers['retry-after']], [502, '7']);
});

test('matches: kind, method, path, query; skip and count; cleared by id', async () => {
  await using setup = await scene();
  const { emulator, client, fault } = setup;
  const id = fault({
    match: { path: '/quota$', method: 'get', query: 'x=1' },
    action: { do: 'answer', status: 503 },
    skip: 1,
  });
  const statuses: number[] = [];
  for (const path of ['me/skydrive/quota', 'me/skydrive/quota?x=1', 'me/skydrive/quota?x=1', 'me/skydrive?x=1']) {
    statuses.push((await client.get(path)).status);
  }
  assert.deepEqual(statuses, [200, 200, 503, 200]);
  assert.deepEqual(
    emulator.admin.faults().map(({ fitted, happened }) => [fitted, happened]),
    [[2, 1]],
  );
  emulator.admin.clearFaults(id);
  assert.equal((await client.get('me/skydrive/quota?x=1')).status, 200);
  assert.throws(() => fault({ match: { path: '(' }, action: { do: 'delay', ms: 1 } }), SyntaxError);
  const methods = ['PUT', 'POST'] as unknown as string;
  assert.throws(() => fault({ match: { method: methods }, action: { do: 'delay', ms: 1 } }), RangeError);
});

test('chance has a seed: equal seeds, equal luck', async () => {
  const run = async (seed: number): Promise<string> => {
    await using setup = await scene();
    setup.fault({ action: { do: 'answer', status: 503 }, probability: 0.5, seed });
    let luck = '';
    for (let round = 0; round < 20; round += 1) luck += (await setup.client.get('me')).status === 200 ? '.' : 'x';
    return luck;
  };
  const [one, same, other] = [await run(5), await run(5), await run(6)];
  assert.equal(one, same);
  assert.notEqual(one, other);
  assert.match(one, /x.*\.|\..*x/);
});

test('resets: before anything, in the middle of an upload, in the middle of a download', async () => {
  await using setup = await scene();
  const { emulator, client, fault } = setup;
  fault({ match: { kind: 'me' }, action: { do: 'reset' } });
  await failsWith(client.get('me'), 'ECONNRESET');
  fault({ match: { kind: 'put' }, action: { do: 'reset', in: 'request', afterBytes: 100_000 }, count: 1 });
  await failsWith(client.put('me/skydrive/files/a', Buffer.alloc(3_000_000)), 'ECONNRESET');
  assert.equal(emulator.admin.history().length, 0);
  const { id } = (await client.put('me/skydrive/files/a', Buffer.alloc(3_000_000, 7))).json;
  fault({ match: { kind: 'download' }, action: { do: 'reset', afterBytes: 70_000 }, count: 1 });
  await failsWith(client.bytes(id), 'ECONNRESET');
  assert.equal(emulator.requests.list().at(-1)?.bytesOut, 70_000);
  assert.equal((await client.bytes(id)).bytes.length, 3_000_000);
});

test('stalls: a download stands still after a number of bytes, and goes on or not', async () => {
  await using setup = await scene();
  const { emulator, client, fault } = setup;
  const { id } = (await client.put('me/skydrive/files/a', Buffer.alloc(200_000, 7))).json;
  fault({ match: { kind: 'download' }, action: { do: 'stall', afterBytes: 150_000, ms: 150 }, count: 1 });
  const started = performance.now();
  assert.equal((await client.bytes(id)).bytes.length, 200_000);
  assert.ok(performance.now() - started >= 145);
  fault({ match: { kind: 'me' }, action: { do: 'stall' } });
  const stalled = client.get('me');
  const outcome = await Promise.race([
    stalled.catch(() => 'ended'),
    new Promise((resolve) => setTimeout(resolve, 200, 'waiting')),
  ]);
  assert.equal(outcome, 'waiting');
  await emulator.close();
  await assert.rejects(stalled);
});

test('bodies that are cut, and lengths that are wrong', async () => {
  await using setup = await scene();
  const { emulator, client, fault } = setup;
  const { id } = (await client.put('me/skydrive/files/a', 'x'.repeat(1000))).json;
  const location = String((await client.get(`${id}/content`)).headers.location);
  const answerOf = async () => {
    const response = await fetch(location.replace(/^.*\/download/, `${emulator.url}/download`));
    return { length: response.headers.get('content-length'), body: await response.text().catch(() => 'broken') };
  };
  fault({ match: { kind: 'download' }, action: { do: 'cut', afterBytes: 400 }, count: 1 });
  assert.deepEqual(await answerOf(), { length: '1000', body: 'broken' });
  fault({ match: { kind: 'download' }, action: { do: 'length', delta: 5 }, count: 1 });
  assert.deepEqual(await answerOf(), { length: '1005', body: 'broken' });
  fault({ match: { kind: 'download' }, action: { do: 'length', delta: -400 }, count: 1 });
  const short = await answerOf();
  assert.equal(short.length, '600');
  assert.equal((await answerOf()).body.length, 1000);
});

test('the reply is lost after the server acted', async () => {
  await using setup = await scene();
  const { emulator, client, fault } = setup;
  fault({ match: { kind: 'mkdir' }, action: { do: 'lose-reply' }, count: 1 });
  await failsWith(client.send('POST', 'me/skydrive', { name: 'made' }), 'ECONNRESET');
  assert.equal(emulator.admin.item({ path: '/made' }).type, 'folder');
  fault({ match: { kind: 'put' }, action: { do: 'lose-reply', status: 504 }, count: 1 });
  assert.equal((await client.put('me/skydrive/files/a', 'x')).status, 504);
  assert.equal((await emulator.admin.read({ path: '/a' })).toString(), 'x');
});

test('lies about sizes, fields, names; duplicates', async () => {
  await using setup = await scene();
  const { emulator, client, fault } = setup;
  await emulator.admin.put({ path: '/Public/a' }, 'abc');
  await emulator.admin.put({ path: '/Public/b' }, 'abcdef');
  const folder = client.id('/Public');
  const list = async () => (await client.get(`${folder}/files`)).json.data;
  const with1 = async (action: Fault['action']) => {
    const id = fault({ match: { kind: 'list' }, action });
    const data = await list();
    emulator.admin.clearFaults(id);
    return data;
  };
  const sizes = (data: { size: number }[]) => data.map((item) => item.size);
  assert.deepEqual(sizes(await with1({ do: 'size', delta: 10 })), [13, 16]);
  assert.deepEqual(sizes(await with1({ do: 'size', size: 0, name: '^b$' })), [3, 0]);
  const hell = ['..', 'a/b'];
  const names = (data: { name: string }[]) => data.map((item) => item.name);
  assert.deepEqual(names(await with1({ do: 'names', names: hell })), hell);
  assert.deepEqual(names(await with1({ do: 'duplicates' })), ['a', 'a']);
  const early = await with1({ do: 'lie', set: { description: null }, drop: ['client_updated_time'] });
  assert.deepEqual([early[0].description, 'client_updated_time' in early[0]], [null, false]);
  assert.deepEqual(names(await list()), ['a', 'b']);
  assert.deepEqual(sizes(await list()), [3, 6]);
});

test('tokens end: at a call, after calls, now', async () => {
  await using setup = await scene();
  const { emulator, client, fault } = setup;
  fault({ match: { kind: 'list' }, action: { do: 'expire-token' }, count: 1 });
  const answer = await client.get('me/skydrive/files');
  assert.deepEqual([answer.status, answer.json.error.code], [401, 'request_token_expired']);
  const fresh = new LiveClient(emulator);
  emulator.admin.expireTokens(2);
  const statuses = [await fresh.get('me'), await fresh.get('me'), await fresh.get('me')].map(({ status }) => status);
  assert.deepEqual(statuses, [200, 200, 401]);
});

test('delay for one kind of request only', async () => {
  await using setup = await scene();
  const { client, fault } = setup;
  fault({ match: { kind: ['list', 'search'] }, action: { do: 'delay', ms: 150 } });
  const started = performance.now();
  await client.get('me/skydrive/files');
  assert.ok(performance.now() - started >= 145);
});

test('down: connections are refused, then it is back on the same port', async () => {
  await using setup = await scene();
  const { emulator, client } = setup;
  await client.get('me');
  await emulator.admin.down();
  await failsWith(client.get('me'), 'ECONNREFUSED');
  await emulator.admin.up();
  assert.equal((await client.get('me')).status, 200);
  assert.equal((await ask(emulator.url, 'POST', '/admin/down?ms=200')).status, 204);
  const stateOf = async () =>
    (await client.get('me').catch((error: NodeJS.ErrnoException) => error)) as { code?: string };
  const isRefused = async () => (await stateOf()).code === 'ECONNREFUSED';
  await until(isRefused);
  await until(async () => !(await isRefused()));
});
