// Reading from a storage host that breaks off, lies, forgets its addresses, or has another content by now.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { LiveDrive } from '../../../src/drive/live/live-drive.ts';
import type { Fault } from '../../../src/emulator/faults.ts';
import { HttpClient } from '../../../src/http/http-client.ts';
import { collect, fails, list, put, replace, textOf } from '../../suites/drive-steps.ts';
import { liveOnEmulator } from '../../support/live-on-emulator.ts';

const text = Array.from({ length: 5000 }, (_, n) => `${n}\n`).join('');

const downloads = (action: Fault['action'], more: Partial<Fault> = {}): Fault => ({
  ...{ match: { kind: 'download' }, action, ...more },
});

describe('reading in the live dialect', () => {
  it('goes on where a connection broke, and gives up on one that always breaks', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    const file = await put(drive, root, 'file', text);
    for (const how of ['cut', 'reset'] as const) {
      emulator.admin.addFault(downloads({ do: how, afterBytes: 7001 }, { count: 2 }));
      assert.equal(await textOf(drive, file), text);
      emulator.admin.clearFaults();
      emulator.admin.addFault(downloads({ do: how, afterBytes: 1001 }));
      let got = '';
      await assert.rejects(async () => {
        for await (const piece of drive.read(file, { start: 0, end: file.size })) got += piece;
      }, /broke off/);
      assert.ok(text.startsWith(got) && got.length > 0 && got.length < text.length);
      emulator.admin.clearFaults();
    }
  });

  it('believes no length that is wrong', async () => {
    await using live = await liveOnEmulator({ http: { limits: { idleMs: 300 } } });
    const { drive, root, emulator } = live;
    const file = await put(drive, root, 'file', text);
    for (const delta of [-5, 5]) {
      emulator.admin.addFault(downloads({ do: 'length', delta }));
      const part = collect(drive.read(file, { start: 10, end: 20 }));
      await assert.rejects(part, (error: Error) => error.name === 'DriveError');
      emulator.admin.clearFaults();
    }
    assert.equal(await textOf(drive, file), text);
  });

  it('says changed when the size that was listed is not the size of the content', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    await put(drive, root, 'file', text);
    for (const delta of [-3, 3]) {
      emulator.admin.addFault({ match: { kind: 'list' }, action: { do: 'size', delta } });
      const [lied] = (await list(drive, root.id)).filter(({ name }) => name === 'file');
      assert.ok(lied !== undefined);
      await fails(collect(drive.read(lied, { start: 0, end: 10 })), 'changed');
      emulator.admin.clearFaults();
    }
  });

  it('renews an address that died, once', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator, asked } = live;
    const file = await put(drive, root, 'file', text);
    for (const status of [401, 403, 404, 410]) {
      await textOf(drive, file, 0, 4);
      emulator.admin.addFault(downloads({ do: 'answer', status, body: 'gone' }, { count: 1 }));
      const kinds = await asked(async () => assert.equal(await textOf(drive, file), text));
      assert.deepEqual(kinds, ['download', 'content', 'download']);
      emulator.admin.clearFaults();
      emulator.admin.addFault(downloads({ do: 'answer', status, body: 'gone' }));
      const stubborn = await asked(async () => assert.rejects(textOf(drive, file), /content of/));
      assert.deepEqual(stubborn, ['download', 'content', 'download']);
      emulator.admin.clearFaults();
    }
    const busy = { do: 'answer', status: 503, headers: { 'Retry-After': '7' }, body: '<html>' } as const;
    emulator.admin.addFault(downloads(busy));
    assert.equal((await fails(textOf(drive, file), 'busy')).retryAfterMs, 7000);
  });

  it('tells a web page that comes in place of an address', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    const file = await put(drive, root, 'file', text);
    const page = { do: 'answer', status: 200, type: 'text/html', body: '<html>Sign in to the Wi-Fi</html>' } as const;
    emulator.admin.addFault({ match: { kind: 'content' }, action: page });
    assert.equal((await fails(textOf(drive, file), 'broken')).page, true);
  });

  it('notices another content of the same size, even within the same second', async () => {
    await using live = await liveOnEmulator();
    const { drive, root } = live;
    const another = live.another();
    let file = await put(drive, root, 'file', 'one');
    for (const content of ['two', 'six', 'ten']) {
      assert.equal((await textOf(drive, file)).length, 3);
      const version = file.contentVersion;
      await replace(another, file, content);
      await fails(textOf(drive, file), 'changed');
      file = await drive.get(file.id);
      assert.notEqual(file.contentVersion, version);
      assert.equal(await textOf(drive, file), content);
    }
  });

  it('tells its own saves apart, even within the same second', async () => {
    await using live = await liveOnEmulator();
    const { drive, root } = live;
    let file = await put(drive, root, 'file', 'one');
    const versions = new Set([file.contentVersion]);
    for (const content of ['two', 'six', 'ten', 'two']) {
      file = await replace(drive, file, content);
      versions.add(file.contentVersion);
      assert.equal(await textOf(drive, file), content);
      assert.equal((await drive.get(file.id)).contentVersion, file.contentVersion);
      assert.equal((await list(drive, root.id)).find(({ id }) => id === file.id)?.contentVersion, file.contentVersion);
    }
    assert.equal(versions.size, 5);
  });

  it('shows notebooks, and reads nothing from them', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator, asked } = live;
    emulator.admin.mkdir({ path: '/notes' }, 'notebook');
    const notes = (await list(drive, root.id)).find(({ name }) => name === 'notes') ?? assert.fail();
    assert.deepEqual([notes.kind, notes.size], ['notebook', 0]);
    const kinds = await asked(async () => fails(collect(drive.read(notes, { start: 0, end: 1 })), 'denied'));
    assert.deepEqual(kinds, []);
  });
});

interface Storage {
  answer(request: IncomingMessage, response: ServerResponse): void;
}

/** An API and a storage host of their own, on two origins. */
const twoHosts = async (t: TestContext, storage: Storage) => {
  const seen: string[] = [];
  const listen = async (handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
    const server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const storageUrl = await listen((request, response) => {
    seen.push(`storage ${request.headers.authorization}`);
    storage.answer(request, response);
  });
  const id = 'file.a6b2a7e8f2515e5e.A6B2A7E8F2515E5E!113';
  const time = '2013-03-03T14:11:12+0000';
  const api = await listen((request, response) => {
    seen.push(`api ${request.url} ${request.headers.authorization}`);
    if (request.url?.endsWith('content')) response.writeHead(302, { location: `${storageUrl}/x?sig=1` }).end();
    else response.end(JSON.stringify({ id, name: 'f', size: 6, type: 'file', updated_time: time }));
  });
  const tokens = { token: async () => 'secret', renew: async () => 'secret-2' };
  const http = new HttpClient({ base: `${api}/v5.0/`, tokens });
  t.after(() => http.close());
  const drive = new LiveDrive({ http });
  return { drive, seen, file: await drive.get(id) };
};

describe('a storage host of another origin', () => {
  it('never sees the token, also when it asks for one', async (t) => {
    const { drive, seen, file } = await twoHosts(t, { answer: (_request, response) => response.writeHead(401).end() });
    await fails(textOf(drive, file), 'broken');
    assert.ok(seen.includes('storage undefined'));
    assert.ok(seen.every((line) => line.startsWith('api') || line === 'storage undefined'));
  });

  it('may ignore ranges, but not give other bytes', async (t) => {
    const whole = await twoHosts(t, { answer: (_request, response) => response.end('abcdef') });
    assert.equal(await textOf(whole.drive, whole.file, 2, 5), 'cde');
    const longer = await twoHosts(t, { answer: (_request, response) => response.end('abcdefg') });
    await fails(textOf(longer.drive, longer.file, 2, 5), 'changed');
    const answers: [Record<string, string>, string, 'broken' | 'changed'][] = [
      [{ 'content-range': 'bytes 0-2/6' }, 'abc', 'broken'],
      [{ 'content-range': 'bytes 2-5/6' }, 'cdef', 'broken'],
      [{ 'content-range': 'bytes 2-4/7' }, 'cde', 'changed'],
      [{ 'content-range': 'nonsense' }, 'cde', 'broken'],
      [{}, 'cde', 'broken'],
      [{ 'content-range': 'bytes 2-4/6', 'content-encoding': 'br' }, 'cde', 'broken'],
    ];
    for (const [headers, body, fault] of answers) {
      const lying = await twoHosts(t, { answer: (_request, response) => response.writeHead(206, headers).end(body) });
      await fails(textOf(lying.drive, lying.file, 2, 5), fault);
    }
  });

  it('may give a range in parts', async (t) => {
    const { drive, file } = await twoHosts(t, {
      answer: (request, response) => {
        const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1]);
        const headers = { 'content-range': `bytes ${start}-${start + 1}/6` };
        response.writeHead(206, headers).end('abcdef'.slice(start, start + 2));
      },
    });
    assert.equal(await textOf(drive, file), 'abcdef');
  });

  it('without tags is checked against the item each time', async (t) => {
    const { drive, seen, file } = await twoHosts(t, {
      answer: (_request, response) => response.writeHead(206, { 'content-range': 'bytes 0-5/6' }).end('abcdef'),
    });
    assert.equal(await textOf(drive, file), 'abcdef');
    assert.equal(await textOf(drive, file), 'abcdef');
    assert.equal(seen.filter((line) => line.includes('!113 ')).length, 3);
  });
});
