// Uploads that break in every place, and what is on the drive then.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item, Upload } from '../../../src/drive/drive.ts';
import { fails, names, put, replace, textBody, textOf } from '../../suites/drive-steps.ts';
import { type LiveOnEmulator, liveOnEmulator } from '../../support/live-on-emulator.ts';

const small = { simpleUploadLimit: 1000, fragmentSize: 1000 };
const text = Array.from({ length: 1000 }, (_, n) => `${n}\n`).join('');

interface Kept {
  session: string | undefined;
  readonly sessions: string[];
}

const largeUpload = (target: Upload['target'], kept: Kept, content = text): Upload => ({
  ...{ target, size: content.length, modified: 0, body: textBody(content) },
  ...(kept.session === undefined ? {} : { session: kept.session }),
  onSession: async (session) => {
    kept.session = session;
    kept.sessions.push(session);
  },
});

const keeping = (): Kept => ({ session: undefined, sessions: [] });

const fragments = (kinds: readonly string[]): number => kinds.filter((kind) => kind === 'bits-fragment').length;

const inRoot = (live: LiveOnEmulator, name = 'large'): Upload['target'] => ({ parentId: live.root.id, name });

const textAt = async (live: LiveOnEmulator, path: string): Promise<string> =>
  (await live.emulator.admin.read({ path })).toString();

describe('small uploads of the live dialect', () => {
  it('say that they may have worked when the answer is lost, and then the name is taken', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    for (const [n, status] of [undefined, 502].entries()) {
      const fault = { do: 'lose-reply', ...(status === undefined ? {} : { status }) } as const;
      emulator.admin.addFault({ match: { kind: 'put' }, action: fault, count: 1 });
      const error = await fails(put(drive, root, `file ${n}`, text), status === undefined ? 'offline' : 'broken');
      assert.ok(error.ambiguous);
      await fails(put(drive, root, `file ${n}`, text), 'exists');
      assert.equal(await textAt(live, `/file ${n}`), text);
    }
  });

  it('are on the drive even if the look afterwards fails', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    emulator.admin.addFault({ match: { kind: 'get' }, action: { do: 'answer', status: 503 }, count: 2 });
    assert.equal((await put(drive, root, 'one', 'x')).name, 'one');
    emulator.admin.addFault({
      match: { kind: 'get' },
      action: { do: 'answer', status: 500, body: '<html>' },
      count: 3,
    });
    assert.ok((await fails(put(drive, root, 'two', 'x'), 'broken')).ambiguous);
    assert.deepEqual(
      (await names(drive, root.id)).filter((name) => /^(one|two)$/.test(name)),
      ['one', 'two'],
    );
  });

  it('that never reached the service certainly did nothing', async () => {
    await using live = await liveOnEmulator();
    await live.emulator.admin.down();
    // A connection that was kept alive might have carried the request, for all one can know; the next one is refused.
    await fails(live.drive.quota(), 'offline');
    assert.equal((await fails(put(live.drive, live.root, 'file', 'x'), 'offline')).ambiguous, false);
    await live.emulator.admin.up();
    assert.equal((await put(live.drive, live.root, 'file', 'x')).size, 1);
  });

  it('that break on the way change nothing', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    const file = await put(drive, root, 'file', 'old');
    emulator.admin.addFault({
      match: { kind: 'put-content' },
      action: { do: 'reset', in: 'request', afterBytes: 9 },
      count: 1,
    });
    await fails(replace(drive, file, text), 'offline');
    assert.equal(await textAt(live, '/file'), 'old');
  });

  it('fail as what they are', async () => {
    await using live = await liveOnEmulator({ emulator: { quota: 10_000, uploadLimit: 5000 } });
    const { drive, root, emulator } = live;
    await fails(put(drive, root, 'file', 'x'.repeat(5001)), 'too-large');
    await emulator.admin.put({ path: '/other' }, 'x'.repeat(9000));
    await fails(put(drive, root, 'file', 'x'.repeat(1001)), 'full');
    emulator.admin.addFault({ action: { do: 'answer', status: 420, code: 'request_throttled' }, count: 1 });
    assert.equal((await fails(put(drive, root, 'file', 'x'), 'busy')).ambiguous, false);
    emulator.admin.addFault({ action: { do: 'answer', status: 423 }, count: 1 });
    await fails(put(drive, root, 'file', 'x'), 'locked');
  });
});

describe('large uploads of the live dialect', () => {
  it('go to the root, to folders, and over what is there, whatever the name', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, root } = live;
    const folder = await drive.makeFolder(root.id, 'füller');
    for (const parent of [root, folder]) {
      const file = await drive.upload(largeUpload({ parentId: parent.id, name: 'ü & %41 + #.bin' }, keeping()));
      assert.deepEqual([file.name, file.parentId, file.size], ['ü & %41 + #.bin', parent.id, text.length]);
      assert.equal(await textOf(drive, file), text);
      const other = text.replaceAll('1', '2');
      const replaced = await drive.upload(largeUpload({ itemId: file.id, ifVersion: file.version }, keeping(), other));
      assert.equal(replaced.id, file.id);
      assert.equal(await textOf(drive, replaced), other);
    }
  });

  it('go on by themselves after a fragment broke, or its answer was lost', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator, asked } = live;
    const actions = [
      { do: 'reset', in: 'request', afterBytes: 300 },
      { do: 'lose-reply' },
      { do: 'answer', status: 503 },
      { do: 'answer', status: 500, body: '<html>' },
    ] as const;
    for (const [n, action] of actions.entries()) {
      emulator.admin.addFault({ match: { kind: 'bits-fragment' }, action, skip: 1, count: 1 });
      const kinds = await asked(() => drive.upload(largeUpload(inRoot(live, `file ${n}`), keeping())));
      assert.ok(fragments(kinds) <= 5, `${kinds}`);
      assert.equal(await textAt(live, `/file ${n}`), text);
    }
  });

  it('give up after a while, and go on later from where they were', async () => {
    await using live = await liveOnEmulator({ drive: small, http: {} });
    const { drive, emulator, asked } = live;
    const kept = keeping();
    emulator.admin.addFault({ match: { kind: 'bits-fragment' }, action: { do: 'answer', status: 400 }, skip: 2 });
    await fails(drive.upload(largeUpload(inRoot(live), kept)), 'refused');
    assert.equal(JSON.parse(kept.session ?? '').offset, 2000);
    emulator.admin.clearFaults();
    const fresh = keeping();
    emulator.admin.addFault({ match: { kind: 'bits-fragment' }, action: { do: 'stall', in: 'request' }, skip: 2 });
    const stop = new AbortController();
    const upload = largeUpload(inRoot(live), fresh);
    const { onSession } = upload;
    upload.onSession = async (session) => {
      await onSession?.(session);
      if (JSON.parse(session).offset === 2000) stop.abort(new Error('enough'));
    };
    await assert.rejects(drive.upload(upload, stop.signal), /enough/);
    emulator.admin.clearFaults();
    const kinds = await asked(() => drive.upload(largeUpload(inRoot(live), fresh)));
    assert.equal(fragments(kinds), 2);
    assert.ok(!kinds.includes('bits-create'));
    assert.equal(await textAt(live, '/large'), text);
  });

  it('find out that they had ended when the last answer was lost', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator, asked } = live;
    let file: Item | undefined;
    for (const step of ['new', 'replaced']) {
      const content = step === 'new' ? text : `${text}more`;
      const target = file === undefined ? inRoot(live) : { itemId: file.id, ifVersion: file.version };
      const kept = keeping();
      emulator.admin.addFault({ match: { kind: 'bits-close' }, action: { do: 'lose-reply' }, count: 1 });
      assert.ok((await fails(drive.upload(largeUpload(target, kept, content)), 'offline')).ambiguous);
      const kinds = await asked(async () => {
        file = await drive.upload(largeUpload(target, kept, content));
      });
      assert.equal(fragments(kinds), 0);
      assert.equal(await textOf(drive, file ?? assert.fail()), content);
    }
    assert.equal((await names(drive, live.root.id)).filter((name) => name === 'large').length, 1);
  });

  it('do not take somebody else’s file for theirs', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator } = live;
    const kept = keeping();
    emulator.admin.addFault({ match: { kind: 'bits-close' }, action: { do: 'answer', status: 500 }, count: 1 });
    await fails(drive.upload(largeUpload(inRoot(live), kept)), 'broken');
    await emulator.admin.put({ path: '/large' }, 'theirs');
    await fails(drive.upload(largeUpload(inRoot(live), kept)), 'exists');
    assert.equal(await textAt(live, '/large'), 'theirs');
  });

  it('do not take it for theirs because it has the same size', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator } = live;
    const theirs = (letter: string): string => letter.repeat(text.length);
    const known = await put(drive, live.root, 'known', 'old');
    for (const [path, target, fault] of [
      ['/large', inRoot(live), 'exists'],
      ['/known', { itemId: known.id, ifVersion: known.version }, 'changed'],
    ] as const) {
      const kept = keeping();
      emulator.admin.addFault({ match: { kind: 'bits-close' }, action: { do: 'answer', status: 503 }, count: 1 });
      await fails(drive.upload(largeUpload(target, kept)), 'busy');
      await emulator.admin.put({ path }, theirs('t'));
      await fails(drive.upload(largeUpload(target, kept)), fault);
      assert.equal(await textAt(live, path), theirs('t'));
    }
  });

  it('go on after a fragment that something in front of the service answered', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator, asked } = live;
    for (const [n, body] of ['<html>', ''].entries())
      for (const skip of [0, 1, 3]) {
        emulator.admin.addFault({
          ...{ match: { kind: 'bits-fragment' }, skip, count: 1 },
          action: { do: 'answer', status: 200, body },
        });
        const name = `file ${n} ${skip}`;
        const kinds = await asked(() => drive.upload(largeUpload(inRoot(live, name), keeping())));
        assert.equal(fragments(kinds), 5, `${kinds}`);
        assert.equal(await textAt(live, `/${name}`), text);
      }
  });

  it('are not over because something in front of the service says so', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator } = live;
    for (const body of ['<html>', ''])
      for (const step of ['new', 'other size', 'equal size']) {
        const name = `${step}${body.length}`;
        const old = step === 'equal size' ? 'o'.repeat(text.length) : 'old';
        const item = step === 'new' ? undefined : await put(drive, live.root, name, old);
        const target = item === undefined ? inRoot(live, name) : { itemId: item.id, ifVersion: item.version };
        const kept = keeping();
        emulator.admin.addFault({
          ...{ match: { kind: 'bits-close' }, count: 1 },
          action: { do: 'answer', status: 200, body },
        });
        assert.ok((await fails(drive.upload(largeUpload(target, kept)), 'broken')).ambiguous);
        await drive.upload(largeUpload(target, kept));
        assert.equal(await textAt(live, `/${name}`), text);
      }
  });

  it('start over when the service has forgotten the session', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator } = live;
    for (const kind of ['bits-fragment', 'bits-close']) {
      const headers = { 'X-ClientErrorCode': 'UploadSessionNotFound' };
      emulator.admin.addFault({
        match: { kind },
        action: { do: 'answer', status: 500, body: '', headers },
        skip: 0,
        count: 1,
      });
      const kept = keeping();
      await drive.upload(largeUpload(inRoot(live, kind), kept));
      assert.equal(await textAt(live, `/${kind}`), text);
      assert.equal(new Set(kept.sessions.map((session) => JSON.parse(session).id)).size, 2);
    }
    const always = { do: 'answer', status: 404, body: '' } as const;
    emulator.admin.addFault({ match: { kind: 'bits-fragment' }, action: always });
    await fails(drive.upload(largeUpload(inRoot(live), keeping())), 'broken');
  });

  it('survive tokens that end in between, in both ways the service is reported to take that', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator } = live;
    emulator.admin.addFault({ match: { kind: 'bits-close' }, action: { do: 'expire-token' }, count: 1 });
    await drive.upload(largeUpload(inRoot(live, 'one'), keeping()));
    emulator.admin.set({ bitsBoundToToken: true });
    emulator.admin.addFault({ match: { kind: 'bits-close' }, action: { do: 'expire-token' }, count: 1 });
    await drive.upload(largeUpload(inRoot(live, 'two'), keeping()));
    for (const name of ['one', 'two']) assert.equal(await textAt(live, `/${name}`), text);
  });

  it('replace nothing that appeared or changed while they were sent', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, emulator } = live;
    const meanwhile = (upload: Upload, act: () => Promise<unknown>): Upload => {
      let done = false;
      const { onSession } = upload;
      return {
        ...upload,
        onSession: async (session) => {
          if (!done) await act();
          done = true;
          await onSession?.(session);
        },
      };
    };
    const theirs = (): Promise<unknown> => emulator.admin.put({ path: '/large' }, 'theirs');
    await fails(drive.upload(meanwhile(largeUpload(inRoot(live), keeping()), theirs)), 'exists');
    const file = await drive.get(emulator.admin.item({ path: '/large' }).id);
    const longer = (): Promise<unknown> => emulator.admin.put({ path: '/large' }, 'theirs, longer');
    const target = { itemId: file.id, ifVersion: file.version };
    await fails(drive.upload(meanwhile(largeUpload(target, keeping()), longer)), 'changed');
    assert.equal(await textAt(live, '/large'), 'theirs, longer');
    const moved = async (): Promise<unknown> => emulator.admin.rename({ path: '/large' }, 'elsewhere');
    await fails(drive.upload(meanwhile(largeUpload({ itemId: file.id }, keeping()), moved)), 'changed');
    assert.equal(await textAt(live, '/elsewhere'), 'theirs, longer');
  });

  it('have the length that was said', async () => {
    await using live = await liveOnEmulator({ drive: small });
    const { drive, root } = live;
    for (const size of [text.length - 1, text.length + 1, 3000]) {
      const upload = { ...largeUpload(inRoot(live), keeping()), size };
      await fails(drive.upload(upload), 'refused');
    }
    assert.ok(!(await names(drive, root.id)).includes('large'));
  });
});
