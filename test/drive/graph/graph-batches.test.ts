// Small requests asked at the same moment are one for the service; each has its own answer, and its own failure.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import type { Item } from '../../../src/drive/drive.ts';
import { DriveError } from '../../../src/drive/drive-error.ts';
import { GraphBatches } from '../../../src/drive/graph/graph-batches.ts';
import type { GraphDrive } from '../../../src/drive/graph/graph-drive.ts';
import { HttpAnswer } from '../../../src/http/http-answer.ts';
import type { HttpClient, HttpRequest } from '../../../src/http/http-client.ts';
import { HttpFailure } from '../../../src/http/http-failure.ts';
import { type GraphOnEmulator, graphOnEmulator } from '../../support/graph-on-emulator.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `folder ${index}`);

const make = (drive: GraphDrive, root: Item, wanted: readonly string[]): Promise<PromiseSettledResult<Item>[]> =>
  Promise.allSettled(wanted.map((name) => drive.makeFolder(root.id, name)));

const faultsOf = (results: readonly PromiseSettledResult<unknown>[]): (string | undefined)[] =>
  results.map((result) => {
    if (result.status === 'fulfilled') return undefined;
    assert.ok(result.reason instanceof DriveError, String(result.reason));
    return `${result.reason.fault}${result.reason.ambiguous ? ', ambiguous' : ''}`;
  });

const all = (value: string | undefined, count: number): (string | undefined)[] =>
  Array.from({ length: count }, () => value);

const paths = ({ emulator }: GraphOnEmulator): string[] =>
  emulator.admin
    .tree()
    .map(({ path }) => path)
    .filter((path) => path.startsWith('/folder'));

describe('batches of the graph dialect', () => {
  it('fifty folders are made with three requests, one with one', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, asked } = graph;
    assert.deepEqual(await asked(() => make(drive, root, names(50))), ['batch', 'batch', 'batch']);
    assert.equal(paths(graph).length, 50);
    assert.deepEqual(await asked(() => drive.makeFolder(root.id, 'alone')), ['mkdir']);
    assert.deepEqual(graph.emulator.requests.violations, []);
  });

  it('items are looked at, moved and removed at once too, each under its own condition', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, asked, another } = graph;
    const made = (await make(drive, root, names(3))).map((result) => (result as PromiseFulfilledResult<Item>).value);
    const [one, two, three] = made as [Item, Item, Item];
    await another().setDescription(three.id, 'of somebody else');
    let results: readonly PromiseSettledResult<unknown>[] = [];
    const kinds = await asked(async () => {
      results = await Promise.allSettled([
        drive.get(one.id),
        drive.move(two, { parentId: root.id, name: 'moved' }),
        drive.remove(three.id, three.version),
        drive.move(one, { parentId: root.id, name: 'FOLDER 2' }),
      ]);
    });
    assert.deepEqual(kinds, ['batch']);
    assert.deepEqual(faultsOf(results), [undefined, undefined, 'changed', 'exists']);
    assert.deepEqual(paths(graph), ['/folder 0', '/folder 2']);
  });

  it('a lost answer leaves all changes of the batch uncertain, and nothing else', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    emulator.admin.addFault({ match: { kind: 'batch' }, action: { do: 'lose-reply' }, count: 1 });
    const results = await Promise.allSettled([
      ...names(2).map((name) => drive.makeFolder(root.id, name)),
      drive.get(root.id),
    ]);
    assert.deepEqual(faultsOf(results), ['offline, ambiguous', 'offline, ambiguous', 'offline']);
    assert.equal(paths(graph).length, 2);
  });

  it('a service that is busy is so for each', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    const answer = {
      do: 'answer',
      status: 429,
      code: 'activityLimitReached',
      headers: { 'retry-after': '7' },
    } as const;
    emulator.admin.addFault({ match: { kind: 'batch' }, action: answer, count: 1 });
    const results = await make(drive, root, names(3));
    assert.deepEqual(faultsOf(results), all('busy', 3));
    for (const result of results)
      assert.equal(((result as PromiseRejectedResult).reason as DriveError).retryAfterMs, 7000);
    assert.deepEqual(paths(graph), []);
  });

  it('where batches are refused, each goes alone, from then on too', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator, asked } = graph;
    emulator.admin.addFault({ match: { kind: 'batch' }, action: { do: 'answer', status: 404, code: 'itemNotFound' } });
    assert.deepEqual(faultsOf(await make(drive, root, names(3))), all(undefined, 3));
    assert.deepEqual(await asked(() => make(drive, root, ['folder 8', 'folder 9'])), ['mkdir', 'mkdir']);
  });

  it('what is said of a batch is not said of the items in it', async () => {
    for (const status of [400, 403, 409, 410, 412, 413, 423, 501]) {
      await using graph = await graphOnEmulator();
      const { drive, root, emulator } = graph;
      const [one, two] = [await drive.makeFolder(root.id, 'folder 1'), await drive.makeFolder(root.id, 'folder 2')];
      emulator.admin.addFault({ match: { kind: 'batch' }, action: { do: 'answer', status, code: 'itemNotFound' } });
      const results = await Promise.allSettled([drive.remove(one.id, one.version), drive.get(two.id)]);
      assert.deepEqual(faultsOf(results), all(undefined, 2), String(status));
      assert.deepEqual(paths(graph), ['/folder 2']);
    }
  });

  it('each request of a batch that is taken may be turned away for a time', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, asked } = graph;
    graph.quirks({ throttle: 1, 'throttle-s': 7 });
    let results: readonly PromiseSettledResult<Item>[] = [];
    const kinds = await asked(async () => {
      results = await make(drive, root, names(3));
    });
    assert.deepEqual(kinds, ['batch']);
    assert.equal(graph.emulator.requests.list()[0]?.status, 200);
    assert.deepEqual(faultsOf(results), all('busy', 3));
    for (const result of results)
      assert.equal(((result as PromiseRejectedResult).reason as DriveError).retryAfterMs, 7000);
    assert.deepEqual(paths(graph), []);
  });
});

type Script = (request: HttpRequest) => Promise<HttpAnswer>;

const scripted = (script: Script): GraphBatches => new GraphBatches({ send: script } as unknown as HttpClient);

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer =>
  HttpAnswer.of(status, headers, Buffer.from(JSON.stringify(body)));

const idsIn = ({ body }: HttpRequest): string[] =>
  ((body as { json: { requests: { id: string }[] } }).json.requests ?? []).map(({ id }) => id);

describe('the answer to a batch', () => {
  it('may have its parts in any order, with numbers for ids, and bodies of any kind', async () => {
    const batches = scripted(async (request) => {
      const [first, second, third] = idsIn(request);
      const responses = [
        { id: third, status: 204 },
        { id: Number(second), status: 200, body: Buffer.from('<p>').toString('base64') },
        { id: first, status: 200, headers: { ETag: 'e', 'Retry-After': '3' }, body: { name: 'x' } },
      ];
      return json(200, { responses }, { date: 'Thu, 26 Nov 2026 12:00:00 GMT' });
    });
    const [one, two, three] = await Promise.all(['a', 'b', 'c'].map((url) => batches.send({ url })));
    assert.deepEqual([one?.object, one?.header('etag'), one?.retryAfterMs(0)], [{ name: 'x' }, 'e', 3000]);
    assert.equal(one?.header('date'), 'Thu, 26 Nov 2026 12:00:00 GMT');
    assert.deepEqual([two?.bytes.toString(), two?.object], ['<p>', undefined]);
    assert.deepEqual([three?.status, three?.bytes.length], [204, 0]);
  });

  it('that leaves one out, or is nonsense, says nothing of those', async () => {
    for (const body of [
      { responses: [{ id: '1', status: 200, body: {} }] },
      { responses: 'none' },
      [],
      { responses: [{}] },
    ]) {
      const batches = scripted(async () => json(200, body));
      const [, two] = await Promise.allSettled(['a', 'b'].map((url) => batches.send({ url })));
      assert.ok(two?.status === 'rejected' && two.reason instanceof HttpFailure && two.reason.sent);
    }
  });

  it('that refuses the token of one makes that one go alone', async () => {
    const sent: string[] = [];
    const batches = scripted(async (request) => {
      sent.push(request.url);
      if (request.url !== '$batch') return json(200, { alone: true });
      return json(200, {
        responses: [
          { id: '1', status: 401 },
          { id: '2', status: 200, body: { alone: false } },
        ],
      });
    });
    const answers = await Promise.all(['a', 'b'].map((url) => batches.send({ url })));
    assert.deepEqual(
      answers.map(({ object }) => object),
      [{ alone: true }, { alone: false }],
    );
    assert.deepEqual(sent, ['$batch', 'a']);
  });

  it('is given up only when nobody wants it any more', async () => {
    let signal: AbortSignal | undefined;
    let answer = (_: HttpAnswer): void => {};
    const batches = scripted((request) => {
      signal = request.signal;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const [first, second] = [new AbortController(), new AbortController()];
    const leaving = batches.send({ url: 'a', signal: first.signal });
    const staying = batches.send({ url: 'b', signal: second.signal });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    first.abort(new Error('gone'));
    await assert.rejects(leaving, /gone/);
    assert.equal(signal?.aborted, false);
    answer(json(200, { responses: [{ id: '2', status: 200, body: { here: true } }] }));
    assert.deepEqual((await staying).object, { here: true });
    const [third, fourth] = [new AbortController(), new AbortController()];
    const both = [third, fourth].map((one) => batches.send({ url: 'c', signal: one.signal }));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    for (const one of [third, fourth]) {
      assert.equal(signal?.aborted, false);
      one.abort(new Error('gone'));
    }
    assert.equal(signal?.aborted, true);
    for (const one of both) await assert.rejects(one, /gone/);
  });

  it('leaves nothing behind on signals that live for long', async () => {
    const { signal } = new AbortController();
    const answer = { responses: ['1', '2'].map((id) => ({ id, status: 204 })) };
    const batches = scripted(async () => json(200, answer));
    for (let round = 0; round < 3; round += 1)
      await Promise.all(['a', 'b'].map((url) => batches.send({ url, signal })));
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('is not asked for by who left before it was sent', async () => {
    const sent: string[] = [];
    const batches = scripted(async ({ url }) => {
      sent.push(url);
      return json(200, {});
    });
    const gone = new AbortController();
    const leaving = batches.send({ url: 'a', signal: gone.signal });
    const staying = batches.send({ url: 'b' });
    gone.abort(new Error('gone'));
    await assert.rejects(leaving, /gone/);
    await staying;
    assert.deepEqual(sent, ['b']);
  });
});
