// Uploads of the graph dialect whose answers say nothing, or come from somewhere else, and what is on the drive then.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Upload } from '../../../src/drive/drive.ts';
import { fails, names, textBody } from '../../suites/drive-steps.ts';
import { type GraphOnEmulator, graphOnEmulator } from '../../support/graph-on-emulator.ts';

const unit = 320 * 1024;
const small = { simpleUploadLimit: 1000, fragmentSize: unit };
const html = '<!DOCTYPE html><html><body>Sign in to the Wi-Fi</body></html>';
const large = (letter: string): string => letter.repeat(2 * unit + 5);

const answers = {
  html: { do: 'answer', status: 200, body: html, type: 'text/html' },
  nothing: { do: 'answer', status: 200, body: '', type: 'text/plain' },
  'nothing, as if more were wanted': { do: 'answer', status: 202, body: '', type: 'text/plain' },
} as const;

const fresh = (target: Upload['target'], text: string): Upload => ({
  ...{ target, size: text.length, modified: Date.now(), body: textBody(text) },
});

const textAt = async ({ emulator }: GraphOnEmulator, path: string): Promise<string> =>
  (await emulator.admin.read({ path })).toString();

describe('one request that is answered without an item', () => {
  for (const driveType of ['personal', 'business'] as const)
    it(`does not count unless its bytes are there: ${driveType}`, async () => {
      await using graph = await graphOnEmulator({ emulator: { driveType } });
      const { drive, root, emulator } = graph;
      const { id, version } = await drive.upload(fresh({ parentId: root.id, name: 'file' }, 'old'));
      for (const action of [answers.html, answers.nothing])
        for (const target of [{ itemId: id }, { itemId: id, ifVersion: version }, { parentId: root.id, name: 'new' }])
          for (const text of ['new', 'longer']) {
            emulator.admin.addFault({ match: { kind: 'put' }, action, count: 1 });
            const error = await fails(drive.upload(fresh(target, text)), 'broken');
            assert.ok(error.ambiguous);
          }
      assert.ok(!(await names(drive, root.id)).includes('new'));
      assert.equal(await textAt(graph, '/file'), 'old');
    });

  it('does not take what somebody else stored under the name for its own', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    await emulator.admin.put({ path: '/file' }, 'theirs');
    for (const hidden of [false, true]) {
      graph.quirks(hidden ? { 'hash-missing': 1 } : {});
      emulator.admin.addFault({ match: { kind: 'put' }, action: answers.nothing, count: 1 });
      await fails(drive.upload(fresh({ parentId: root.id, name: 'file' }, 'ours.!')), 'broken');
    }
    assert.equal(await textAt(graph, '/file'), 'theirs');
  });

  it('counts where its bytes are there, whether the drive tells their hash or not', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    for (const hidden of [false, true]) {
      const name = hidden ? 'read' : 'hashed';
      graph.quirks(hidden ? { 'hash-missing': 1 } : {});
      await emulator.admin.put({ path: `/${name}` }, 'ours');
      emulator.admin.addFault({ match: { kind: 'put' }, action: answers.nothing, count: 1 });
      const file = await drive.upload(fresh({ parentId: root.id, name }, 'ours'));
      assert.deepEqual([file.name, file.size], [name, 4]);
    }
  });
});

describe('a fragment that is answered without an item', () => {
  const places = { first: 0, middle: 1, last: 2 };
  for (const [what, action] of Object.entries(answers))
    it(`does not count, but the session is asked: ${what}`, async () => {
      await using graph = await graphOnEmulator({ drive: small });
      const { drive, root, emulator, asked } = graph;
      for (const [place, skip] of Object.entries(places)) {
        const { id, version } = await drive.upload(fresh({ parentId: root.id, name: place }, 'old'));
        const targets = { [place]: { itemId: id, ifVersion: version }, [`new ${place}`]: undefined };
        for (const [name, target = { parentId: root.id, name }] of Object.entries(targets)) {
          emulator.admin.addFault({ match: { kind: 'session-fragment' }, action, skip, count: 1 });
          const kinds = await asked(() => drive.upload(fresh(target, large('n'))));
          assert.equal(await textAt(graph, `/${name}`), large('n'));
          assert.equal(kinds.filter((kind) => kind === 'session-create').length, 1, `${kinds}`);
          assert.equal(kinds.filter((kind) => kind === 'session-fragment').length, 4, `${kinds}`);
        }
      }
    });

  it('counts where it was the last one, and its bytes are there', async () => {
    await using graph = await graphOnEmulator({ drive: small });
    const { drive, root, asked } = graph;
    for (const quirks of [{ 'session-empty-body': 1 }, { 'session-empty-body': 1, 'hash-missing': 1 }]) {
      graph.quirks(quirks);
      const name = `${Object.keys(quirks)}`;
      const made = await drive.upload(fresh({ parentId: root.id, name }, large('a')));
      assert.equal(made.size, large('a').length);
      const kinds = await asked(() => drive.upload(fresh({ itemId: made.id, ifVersion: made.version }, large('b'))));
      assert.equal(kinds.filter((kind) => kind === 'session-fragment').length, 3, `${kinds}`);
      assert.equal(await textAt(graph, `/${name}`), large('b'));
    }
  });

  it('counts where it was the last one, and the service has written into the document since', async () => {
    await using graph = await graphOnEmulator({ drive: small, emulator: { driveType: 'business' } });
    const { drive, root } = graph;
    graph.quirks({ 'session-empty-body': 1, 'b-enrich': true });
    const upload = { ...fresh({ parentId: root.id, name: 'file.docx' }, large('a')), modified: 1_700_000_000_000 };
    const { id, size } = await drive.upload(upload);
    assert.ok(size > upload.size);
    const { version } = await drive.get(id);
    const replaced = await drive.upload(fresh({ itemId: id, ifVersion: version }, large('bb')));
    assert.ok(replaced.size > large('bb').length);
  });

  it('does not take what is there for that when the session was lost instead', async () => {
    await using graph = await graphOnEmulator({ drive: small });
    const { drive, root, emulator } = graph;
    const { id, version } = await drive.upload(fresh({ parentId: root.id, name: 'file' }, 'old'));
    const error = JSON.stringify({ error: { code: 'itemNotFound', message: 'gone' } });
    for (const target of [{ itemId: id, ifVersion: version }, { itemId: id }]) {
      emulator.admin.addFault({ match: { kind: 'session-fragment' }, action: answers.nothing, skip: 2, count: 1 });
      const action = { do: 'answer', status: 404, body: error, type: 'application/json' } as const;
      emulator.admin.addFault({ match: { kind: 'session-status' }, action, count: 1 });
      await drive.upload(fresh(target, large('n')));
      assert.equal(await textAt(graph, '/file'), large('n'));
      await emulator.admin.put({ path: '/file' }, 'old');
    }
  });

  it('does not take what somebody else stored under the name, of equal size and time, for its own', async () => {
    await using graph = await graphOnEmulator({ drive: small });
    const { drive, root, emulator } = graph;
    const theirs = async (): Promise<unknown> => await emulator.admin.put({ path: '/file' }, large('t'));
    const upload = fresh({ parentId: root.id, name: 'file' }, large('o'));
    let isClosing = false;
    emulator.admin.addFault({
      match: { kind: 'session-fragment' },
      action: { do: 'answer', status: 404 },
      skip: 2,
      count: 1,
    });
    const onSession = async (session: string): Promise<void> => {
      const { closing } = JSON.parse(session) as { closing: boolean };
      if (closing && !isClosing) await theirs();
      isClosing ||= closing;
    };
    await fails(drive.upload({ ...upload, onSession }), 'exists');
    assert.ok(isClosing);
    assert.equal(await textAt(graph, '/file'), large('t'));
  });
});

describe('a page in HTML instead of what a session has', () => {
  it('does not end the session', async () => {
    await using graph = await graphOnEmulator({ drive: small });
    const { drive, root, emulator, asked } = graph;
    let session: string | undefined;
    const upload: Upload = {
      ...fresh({ parentId: root.id, name: 'file' }, large('x')),
      onSession: async (now) => {
        session = now;
      },
    };
    emulator.admin.addFault({ match: { kind: 'session-fragment' }, action: { do: 'answer', status: 503 }, skip: 1 });
    emulator.admin.addFault({ match: { kind: 'session-status' }, action: answers.html });
    await fails(drive.upload(upload), 'broken');
    emulator.admin.clearFaults();
    const kinds = await asked(() => drive.upload({ ...upload, ...(session === undefined ? {} : { session }) }));
    assert.ok(!kinds.includes('session-create'), `${kinds}`);
    assert.equal(await textAt(graph, '/file'), large('x'));
  });
});

it('what another client stores while the first bytes of a new content are on their way is not replaced', async () => {
  for (const driveType of ['personal', 'business'] as const) {
    await using graph = await graphOnEmulator({
      emulator: { driveType },
      drive: { simpleUploadLimit: 1000, fragmentSize: 32 * unit },
    });
    const { drive, root, emulator } = graph;
    const { id, version } = await drive.upload(fresh({ parentId: root.id, name: 'file' }, 'old'));
    const upload = {
      ...fresh({ itemId: id, ifVersion: version }, large('x')),
      onSession: async (state: string) => {
        if (JSON.parse(state).offset > 0 && !isTheirs) await emulator.admin.put({ path: '/file' }, 'theirs');
        isTheirs ||= JSON.parse(state).offset > 0;
      },
    };
    let isTheirs = false;
    await fails(drive.upload(upload), 'changed');
    assert.equal(await textAt(graph, '/file'), 'theirs');
  }
});

it('what has too long a path is refused, with what people can do about it', async () => {
  await using graph = await graphOnEmulator();
  const { drive, root } = graph;
  const folder = await drive.makeFolder(root.id, 'f'.repeat(200));
  const error = await fails(drive.upload(fresh({ parentId: folder.id, name: 'n'.repeat(250) }, 'text')), 'refused');
  assert.match(error.message, /400 characters: .* a shorter name\.$/);
});
