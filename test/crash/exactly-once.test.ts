// The answer to a request gets lost after the service has acted: for each request that each kind of change makes, in both
// dialects. In the end everything has happened exactly once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { openDrive } from '../../src/drive/open-drive.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { type OpenedFileSystem, openFileSystem } from '../../src/open-file-system.ts';
import { O_CREAT, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import { type EmulatedDialect, emulated } from '../support/emulated.ts';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { settled } from '../support/live-on-emulator.ts';

interface Subject {
  readonly emulator: Emulator;
  readonly opened: OpenedFileSystem;
  readonly calls: FileSystemCalls;
  readonly troubles: readonly string[];
}

interface Change {
  readonly title: string;
  readonly act: (calls: FileSystemCalls) => Promise<unknown>;
  /** The drive afterwards, and how many contents it has taken more. */
  readonly tree: Readonly<Record<string, string>>;
  readonly contents: number;
  /** Texts on `/known.txt`. */
  readonly comments?: readonly string[];
  readonly dialects?: readonly EmulatedDialect[];
  /** A path that has the item which another one had before. */
  readonly keeps?: readonly [from: string, to: string];
}

const before = { '/known.txt': 'known', '/folder/': '', '/folder/in.txt': 'in it', '/empty/': '' };
const large = 'L'.repeat(900_000);

const write = async (calls: FileSystemCalls, path: string, text: string): Promise<void> => {
  const fd = await calls.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  await calls.write(fd, Buffer.from(text), 0);
  await calls.close(fd);
};
const without = (...paths: (keyof typeof before)[]): Record<string, string> =>
  Object.fromEntries(Object.entries(before).filter(([path]) => !(paths as string[]).includes(path)));
const attribute = (name: string, text: string) => async (calls: FileSystemCalls) =>
  calls.setxattr('/known.txt', `user.skydrive.${name}`, Buffer.from(text));

const removeTree = async (calls: FileSystemCalls): Promise<void> => {
  await calls.unlink('/folder/in.txt');
  await calls.rmdir('/folder');
};

const removeComment = async (calls: FileSystemCalls): Promise<void> => {
  const names = await calls.listxattr('/known.txt');
  const name = names.find((found) => /^user\.skydrive\.comment\./.test(found));
  await calls.removexattr('/known.txt', name ?? 'there is none');
};

const live = ['live'] as const;
const changes: readonly Change[] = [
  {
    title: 'a new file',
    act: (calls) => write(calls, '/new.txt', 'new'),
    tree: { ...before, '/new.txt': 'new' },
    contents: 1,
  },
  { title: 'an empty file', act: (calls) => write(calls, '/new', ''), tree: { ...before, '/new': '' }, contents: 1 },
  {
    title: 'a large file',
    act: (calls) => write(calls, '/large.bin', large),
    tree: { ...before, '/large.bin': large },
    contents: 1,
  },
  {
    title: 'a new content',
    act: (calls) => write(calls, '/known.txt', 'other'),
    tree: { ...before, '/known.txt': 'other' },
    contents: 1,
    keeps: ['/known.txt', '/known.txt'],
  },
  {
    title: 'a large new content',
    act: (calls) => write(calls, '/known.txt', large),
    tree: { ...before, '/known.txt': large },
    contents: 1,
    keeps: ['/known.txt', '/known.txt'],
  },
  { title: 'a folder', act: (calls) => calls.mkdir('/made'), tree: { ...before, '/made/': '' }, contents: 0 },
  {
    title: 'a rename',
    act: (calls) => calls.rename('/known.txt', '/named.txt'),
    tree: { ...without('/known.txt'), '/named.txt': 'known' },
    contents: 0,
    keeps: ['/known.txt', '/named.txt'],
  },
  {
    title: 'a move with another name',
    act: (calls) => calls.rename('/known.txt', '/empty/moved.txt'),
    tree: { ...without('/known.txt'), '/empty/moved.txt': 'known' },
    contents: 0,
    keeps: ['/known.txt', '/empty/moved.txt'],
  },
  {
    title: 'a folder that is moved',
    act: (calls) => calls.rename('/folder', '/empty/folder'),
    tree: { ...without('/folder/', '/folder/in.txt'), '/empty/folder/': '', '/empty/folder/in.txt': 'in it' },
    contents: 0,
    keeps: ['/folder/in.txt', '/empty/folder/in.txt'],
  },
  { title: 'a removal', act: (calls) => calls.unlink('/known.txt'), tree: without('/known.txt'), contents: 0 },
  { title: 'a tree that is removed', act: removeTree, tree: without('/folder/', '/folder/in.txt'), contents: 0 },
  { title: 'a description', act: attribute('description', 'about it'), tree: before, contents: 0 },
  {
    title: 'a comment',
    act: attribute('comment.add', 'hello'),
    tree: before,
    contents: 0,
    comments: ['there already', 'hello'],
    dialects: live,
  },
  { title: 'a comment that is removed', act: removeComment, tree: before, contents: 0, comments: [], dialects: live },
];

const openSubject = async (dialect: EmulatedDialect): Promise<Subject & AsyncDisposable> => {
  const { emulator, configFile, apiUrl, loginUrl, cacheDir, ...place } = await emulated({ strict: true }, dialect);
  for (const [path, text] of Object.entries(before)) {
    if (path.endsWith('/')) emulator.admin.mkdir({ path: path.slice(0, -1) });
    else await emulator.admin.put({ path }, text);
  }
  if (dialect === 'live') emulator.admin.addComment({ path: '/known.txt' }, 'there already');
  const { drive, close } = await openDrive({ dialect, configFile, apiUrl, loginUrl, simpleUploadLimit: 400_000 });
  const troubles: string[] = [];
  const note = (message: string): void => void troubles.push(message);
  const log: Log = { debug: () => {}, info: () => {}, warn: note, error: note };
  const opened = openFileSystem({
    ...{ drive, folder: cacheDir, clock: systemClock, log, cacheSize: 1e9, settleMs: 10, listingAgeMs: 30_000 },
    settings: { uid: 0, gid: 0, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
  });
  return {
    ...{ emulator, opened, calls: new FileSystemCalls(opened.fs), troubles },
    [Symbol.asyncDispose]: async () => {
      await opened.close();
      close();
      await place[Symbol.asyncDispose]();
    },
  };
};

const special = /^\/(Documents|Pictures|Public)\/?$/;

const treeOf = async ({ admin }: Emulator): Promise<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const { path, sha256 } of admin.tree()) {
    const text = sha256 === undefined ? '' : (await admin.readContent(sha256)).toString();
    const key = sha256 === undefined ? `${path}/` : path;
    if (!special.test(key)) found[found[key] === undefined ? key : `${key} (again)`] = text;
  }
  return found;
};

/** Looks at everything once, as a user does before changing it. */
const look = async (calls: FileSystemCalls, folder = ''): Promise<void> => {
  for await (const { name, kind } of calls.scan(folder)) {
    if (kind === 'folder') await look(calls, `${folder}/${name}`);
    if (name === 'known.txt') await calls.listxattr(`${folder}/${name}`);
  }
};

const check = async (change: Change, subject: Subject, was: { id: string | undefined; contents: number }) => {
  const { emulator, opened, calls, troubles } = subject;
  assert.deepEqual(await opened.sync(undefined, AbortSignal.timeout(60_000)), []);
  assert.deepEqual(await treeOf(emulator), change.tree);
  assert.equal(emulator.admin.history().length - was.contents, change.contents, 'contents that the drive took');
  if (change.keeps) assert.equal(emulator.admin.item({ path: change.keeps[1] }).id, was.id, 'the item is the same');
  if (change.comments) {
    assert.deepEqual(
      emulator.admin.snapshot().comments.map(({ message }) => message),
      change.comments,
    );
  }
  assert.deepEqual(troubles, []);
  assert.deepEqual(emulator.admin.violations(), []);
  // The file system has noticed what has become of it.
  await look(calls);
};

interface Loss {
  readonly method: string;
  /** Requests of that method that are answered first. */
  readonly skip: number;
  /** Instead of a connection that breaks. */
  readonly status: number | undefined;
}

const mutating: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE', 'MOVE', 'COPY', 'BITS_POST'];
// Whatever is not the sign-in.
const changing = '^(?!/(oauth20|common/oauth2))';

/** Does the change, with an answer lost or none; gives the methods of its requests, in their order. */
const doIt = async (dialect: EmulatedDialect, change: Change, loss?: Loss): Promise<string[]> => {
  await using subject = await openSubject(dialect);
  const { emulator, calls } = subject;
  await look(calls);
  const id = change.keeps && emulator.admin.item({ path: change.keeps[0] }).id;
  const was = { id, contents: emulator.admin.history().length };
  emulator.admin.resetRequests();
  if (loss !== undefined) {
    const { method, skip, status } = loss;
    const action = { do: 'lose-reply', ...(status === undefined ? {} : { status }) } as const;
    emulator.admin.addFault({ match: { method, path: changing }, action, skip, count: 1 });
  }
  await change.act(calls);
  await check(change, subject, was);
  if (loss !== undefined) assert.equal(emulator.admin.faults()[0]?.happened, 1, 'the answer was lost');
  await settled(emulator);
  const asked = emulator.requests.list().filter(({ path }) => new RegExp(changing).test(path));
  return asked.map(({ method }) => method).filter((method) => mutating.includes(method));
};

const lossesOf = (methods: readonly string[], status: number | undefined): Loss[] =>
  methods.map((method, index) => ({
    ...{ method, status },
    skip: methods.slice(0, index).filter((other) => other === method).length,
  }));

/** What went wrong; the number of answers that were lost is added to `told`. */
const loseEach = async (dialect: EmulatedDialect, change: Change, told: { lost: number }): Promise<string[]> => {
  const failures: string[] = [];
  const methods = await doIt(dialect, change);
  assert.ok(methods.length > 0, `${change.title} asks for no change`);
  for (const loss of [...lossesOf(methods, undefined), ...lossesOf(methods, 503)]) {
    const what = `${change.title}, answer ${loss.skip + 1} to ${loss.method} lost (${loss.status ?? 'reset'})`;
    await doIt(dialect, change, loss).catch((error: Error) => failures.push(`${what}: ${error.message}`));
    told.lost += 1;
  }
  return failures;
};

describe('an answer that is lost', { concurrency: true }, () => {
  for (const dialect of ['live', 'graph'] as const) {
    test(`${dialect}: everything has happened once`, async (t) => {
      const told = { lost: 0 };
      const possible = changes.filter(({ dialects = ['live', 'graph'] }) => dialects.includes(dialect));
      // After a lost answer the queue waits for a second or more: all of them wait at the same time.
      const failures = await Promise.all(possible.map((change) => loseEach(dialect, change, told)));
      t.diagnostic(`${told.lost} answers were lost`);
      assert.deepEqual(failures.flat(), []);
    });
  }
});
