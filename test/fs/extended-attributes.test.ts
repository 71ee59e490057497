// The table of extended attributes, row by row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FsError } from '../../src/base/errors.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { liveLike } from '../support/memory-drive.ts';
import { Bench } from '../support/opened.ts';
import { breakDrive } from '../support/queue-steps.ts';

const own = (name: string): string => `user.skydrive.${name}`;
const fails =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof FsError && error.code === code;

/** A bench with one file `a` on the drive. */
const withFile = async (linkRevocation = true): Promise<Bench> => {
  const bench = await Bench.open({ memory: { features: { ...liveLike, linkRevocation } } });
  bench.memory.store.put('a', 'text');
  await bench.list();
  return bench;
};
const get = async (bench: Bench, name: string): Promise<string> =>
  (await bench.calls.getxattr('/a', own(name))).toString();
const set = (bench: Bench, name: string, text: string, flag?: 'create' | 'replace'): Promise<void> =>
  bench.calls.setxattr('/a', own(name), Buffer.from(text), flag);

test('what the drive says of an item, listed and not to be changed', async () => {
  await using bench = await withFile();
  const item = bench.memory.store.itemAt('a');
  assert.equal(await get(bench, 'id'), item.id);
  assert.equal(await get(bench, 'type'), 'file');
  assert.equal(await get(bench, 'etag'), item.version);
  assert.equal(await get(bench, 'web_url'), item.facts['web_url']);
  assert.equal(await get(bench, 'modified'), new Date(item.modified).toISOString());
  const listed = await bench.calls.listxattr('/a');
  for (const name of ['id', 'type', 'etag', 'web_url', 'created', 'modified', 'state', 'cached'])
    assert.ok(listed.includes(own(name)), name);
  await assert.rejects(set(bench, 'id', 'x'), fails('EPERM'));
  await assert.rejects(set(bench, 'anything', 'x'), fails('EPERM'));
  await bench.calls.removexattr('/a', own('id'));
  assert.equal(await get(bench, 'id'), item.id, 'there is nothing that could be removed');
  await assert.rejects(bench.calls.removexattr('/a', own('anything')), fails('ENODATA'));
  await assert.rejects(get(bench, 'anything'), fails('ENODATA'));
});

test('the description is read and written, here at once and on the drive in the end', async () => {
  await using bench = await withFile();
  await assert.rejects(get(bench, 'description'), fails('ENODATA'));
  await assert.rejects(set(bench, 'description', 'x', 'replace'), fails('ENODATA'));
  await assert.rejects(bench.calls.removexattr('/a', own('description')), fails('ENODATA'));
  await set(bench, 'description', 'one');
  assert.equal(await get(bench, 'description'), 'one');
  await assert.rejects(set(bench, 'description', 'two', 'create'), fails('EEXIST'));
  await bench.sync();
  assert.equal(bench.memory.store.at('a').description, 'one');
  assert.equal(await get(bench, 'description'), 'one');
  await bench.calls.removexattr('/a', own('description'));
  await bench.sync();
  assert.equal(bench.memory.store.at('a').description, '');
});

test('the description and the comment of a file that is not on the drive yet follow it', async () => {
  await using bench = await Bench.open();
  await bench.list();
  await bench.write('/a', 'text');
  await set(bench, 'description', 'soon');
  await set(bench, 'comment.add', 'hello');
  assert.deepEqual(await bench.sync(), []);
  const { description, comments } = bench.memory.store.at('a');
  assert.deepEqual([description, comments.map(({ text }) => text)], ['soon', ['hello']]);
});

test('the state follows the queue', async () => {
  await using bench = await withFile();
  assert.equal(await get(bench, 'state'), 'synced');
  const { mend } = breakDrive(bench, 'denied');
  await bench.write('/a', 'other');
  assert.equal(await get(bench, 'state'), 'pending');
  await bench.sync();
  assert.equal(await get(bench, 'state'), 'error');
  assert.equal(await get(bench, 'error'), 'not now');
  mend();
  await bench.write('/a', 'third');
  await bench.sync();
  assert.equal(await get(bench, 'state'), 'synced');
  await assert.rejects(get(bench, 'error'), fails('ENODATA'));
});

test('cached tells the bytes on this disk', async () => {
  await using bench = await withFile();
  assert.equal(await get(bench, 'cached'), '0');
  await bench.read('/a');
  assert.equal(await get(bench, 'cached'), '4');
});

test('a link is made when it is read, never by listing, and taken back by removing it', async () => {
  await using bench = await withFile();
  const name = own('link.view');
  await bench.calls.listxattr('/a');
  assert.equal(bench.memory.count('link'), 0);
  const link = await get(bench, 'link.view');
  assert.match(link, /^https:/);
  assert.equal(await get(bench, 'link.view'), link);
  assert.equal(bench.memory.count('link'), 1);
  assert.ok((await bench.calls.listxattr('/a')).includes(name));
  await bench.calls.removexattr('/a', name);
  assert.equal(bench.memory.store.at('a').links.size, 0);
  assert.ok(!(await bench.calls.listxattr('/a')).includes(name));
  await assert.rejects(bench.calls.removexattr('/a', name), fails('ENODATA'));
  await assert.rejects(get(bench, 'link.nonsense'), fails('EOPNOTSUPP'));
});

test('a drive that cannot take links back says so', async () => {
  await using bench = await withFile(false);
  await get(bench, 'link.edit');
  await assert.rejects(bench.calls.removexattr('/a', own('link.edit')), fails('EOPNOTSUPP'));
});

test('comments are read, added and removed', async () => {
  await using bench = await withFile();
  assert.ok(!(await bench.calls.listxattr('/a')).includes(own('comments')));
  await set(bench, 'comment.add', 'first');
  await bench.sync();
  await bench.reopen({ listingAgeMs: 0 });
  await bench.list();
  const [comment] = JSON.parse(await get(bench, 'comments')) as { id: string; text: string }[];
  assert.equal(comment?.text, 'first');
  const listed = await bench.calls.listxattr('/a');
  assert.ok(listed.includes(own('comments')) && listed.includes(own(`comment.${comment?.id}`)));
  assert.ok(!listed.includes(own('comment.add')));
  assert.equal(await get(bench, `comment.${comment?.id}`), 'first');
  await bench.calls.removexattr('/a', own(`comment.${comment?.id}`));
  await assert.rejects(get(bench, `comment.${comment?.id}`), fails('ENODATA'));
  await bench.sync();
  assert.equal(bench.memory.store.at('a').comments.length, 0);
});

test('comments are listed as soon as they are there, and until they are gone', async () => {
  await using bench = await withFile();
  const listed = async (): Promise<number> =>
    (await bench.calls.listxattr('/a')).filter((name) => name.startsWith(own('comment'))).length;
  await set(bench, 'comment.add', 'first');
  await bench.sync();
  assert.equal(await listed(), 2);
  await bench.memory.addComment(bench.memory.store.at('a').id, 'by somebody else');
  await bench.reopen({ listingAgeMs: 1e9 });
  assert.equal(JSON.parse(await get(bench, 'comments')).length, 2);
  assert.equal(await listed(), 3);
  for (const { id } of bench.memory.store.at('a').comments) await bench.calls.removexattr('/a', own(`comment.${id}`));
  await bench.sync();
  const before = bench.memory.count();
  assert.equal(await listed(), 0);
  assert.equal(bench.memory.count(), before);
});

test('listing does not fail while the drive is silent', async () => {
  await using bench = await withFile();
  await bench.memory.addComment(bench.memory.store.at('a').id, 'hello');
  await bench.reopen({ listingAgeMs: 0 });
  await bench.list();
  breakDrive(bench);
  assert.ok((await bench.calls.listxattr('/a')).includes(own('id')));
  await assert.rejects(get(bench, 'comments'), (error) => error instanceof DriveError && error.fault === 'offline');
});

test('other attributes are kept here, over a restart, and go with the file', async () => {
  await using bench = await withFile();
  await bench.calls.setxattr('/a', 'user.other', Buffer.from([0, 255, 1]));
  await bench.calls.rename('/a', '/b');
  await bench.sync();
  await bench.reopen();
  assert.deepEqual(await bench.calls.getxattr('/b', 'user.other'), Buffer.from([0, 255, 1]));
  assert.ok((await bench.calls.listxattr('/b')).includes('user.other'));
  await assert.rejects(bench.calls.setxattr('/b', 'user.other', Buffer.from('x'), 'create'), fails('EEXIST'));
  await assert.rejects(bench.calls.setxattr('/b', 'trusted.other', Buffer.from('x')), fails('EOPNOTSUPP'));
  await assert.rejects(bench.calls.setxattr('/b', 'user.big', Buffer.alloc(70_000)), fails('E2BIG'));
});

test('free space is what the drive has left less what waits to be sent', async () => {
  await using bench = await Bench.open({ memory: { total: 1_000_000 } });
  await bench.list();
  const free = async (): Promise<number> => {
    const { blockSize, blocksFree } = await bench.opened.fs.statfs(new AbortController().signal);
    return blockSize * blocksFree;
  };
  const before = await free();
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'upload');
  await bench.write('/a', 'x'.repeat(409_600));
  assert.equal(before - (await free()), 409_600);
  mend();
  await bench.sync();
  assert.equal(before - (await free()), 409_600);
});

test('a drive that is mounted read-only is not changed', async () => {
  const settings = { uid: 0, gid: 0, umask: 0, durability: 'local', remotePatienceMs: 60_000, readOnly: true } as const;
  await using bench = await Bench.open({ fs: { settings } });
  bench.memory.store.put('a', 'text');
  bench.memory.store.makeFolder('f');
  assert.equal(await bench.read('/a'), 'text');
  const changes: (() => Promise<unknown>)[] = [
    () => bench.write('/a', 'x'),
    () => bench.write('/new', 'x'),
    () => bench.calls.mkdir('/g'),
    () => bench.calls.unlink('/a'),
    () => bench.calls.rmdir('/f'),
    () => bench.calls.rename('/a', '/b'),
    () => bench.calls.truncate('/a', 0),
    () => bench.calls.chmod('/a', 0),
    () => bench.calls.symlink('a', '/l'),
    () => set(bench, 'description', 'x'),
    () => bench.calls.setxattr('/a', 'user.x', Buffer.from('x')),
    () => get(bench, 'link.view'),
  ];
  for (const change of changes) await assert.rejects(change(), fails('EROFS'));
  await bench.sync();
  assert.deepEqual(bench.tree(), { a: 'text', 'f/': '' });
});
