// Extended attributes that mean nothing to us (`user.*`): kept as they are.
import assert from 'node:assert/strict';
import type { Case, Ground } from './ground.ts';

const values: Readonly<Record<string, Buffer>> = {
  text: Buffer.from('plain'),
  nothing: Buffer.alloc(0),
  'zeros and all bytes': Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
  '4,000 bytes': Buffer.alloc(4000, 'v'),
};

/** The names that the case set itself: the service's own attributes are listed too. */
const own = async (ground: Ground, name: string): Promise<string[]> =>
  (await ground.calls.listxattr(ground.path(name))).filter((key) => key.startsWith('user.test.')).sort();

const valueCases = Object.entries(values).map(
  ([title, value]): Case => ({
    title: `keeps ${title}, on a file and on a folder`,
    run: async (ground) => {
      await ground.put('file', 'content');
      await ground.mkdir('folder');
      for (const name of ['file', 'folder']) {
        await ground.calls.setxattr(ground.path(name), 'user.test.a', value);
        assert.ok((await ground.calls.getxattr(ground.path(name), 'user.test.a')).equals(value));
        assert.deepEqual(await own(ground, name), ['user.test.a']);
      }
      assert.equal(await ground.text('file'), 'content');
    },
  }),
);

export const xattrCases: readonly Case[] = [
  ...valueCases,
  {
    title: 'several, replaced and removed',
    run: async (ground) => {
      const path = ground.path('file');
      await ground.put('file');
      for (const name of ['one', 'two', 'three'])
        await ground.calls.setxattr(path, `user.test.${name}`, Buffer.from(name));
      await ground.calls.setxattr(path, 'user.test.two', Buffer.from('replaced by something longer'));
      await ground.calls.removexattr(path, 'user.test.one');
      assert.deepEqual(await own(ground, 'file'), ['user.test.three', 'user.test.two']);
      const value = await ground.calls.getxattr(path, 'user.test.two');
      assert.equal(value.toString(), 'replaced by something longer');
    },
  },
  {
    title: 'one that is not there: ENODATA',
    run: async (ground) => {
      await ground.put('file');
      await ground.fails('ENODATA', ground.calls.getxattr(ground.path('file'), 'user.test.missing'));
      await ground.fails('ENODATA', ground.calls.removexattr(ground.path('file'), 'user.test.missing'));
    },
  },
  {
    title: 'XATTR_CREATE and XATTR_REPLACE',
    run: async (ground) => {
      const path = ground.path('file');
      await ground.put('file');
      const set = (value: string, flag: 'create' | 'replace'): Promise<void> =>
        ground.calls.setxattr(path, 'user.test.a', Buffer.from(value), flag);
      await ground.fails('ENODATA', set('x', 'replace'));
      await set('first', 'create');
      await ground.fails('EEXIST', set('second', 'create'));
      assert.equal((await ground.calls.getxattr(path, 'user.test.a')).toString(), 'first');
      await set('third', 'replace');
      assert.equal((await ground.calls.getxattr(path, 'user.test.a')).toString(), 'third');
    },
  },
  {
    title: 'survive a rename and an overwrite of the content',
    run: async (ground) => {
      await ground.put('file', 'a');
      await ground.calls.setxattr(ground.path('file'), 'user.test.a', Buffer.from('kept'));
      await ground.rename('file', 'moved');
      await ground.put('moved', 'b');
      assert.equal((await ground.calls.getxattr(ground.path('moved'), 'user.test.a')).toString(), 'kept');
    },
  },
  {
    title: 'a new file of the same name has none',
    run: async (ground) => {
      await ground.put('file');
      await ground.calls.setxattr(ground.path('file'), 'user.test.a', Buffer.from('old'));
      await ground.unlink('file');
      await ground.put('file');
      assert.deepEqual(await own(ground, 'file'), []);
    },
  },
  {
    title: 'setting one moves the ctime, not the mtime',
    run: async (ground) => {
      await ground.put('file');
      const before = await ground.stat('file');
      await ground.pause();
      await ground.calls.setxattr(ground.path('file'), 'user.test.a', Buffer.from('x'));
      const after = await ground.stat('file');
      assert.equal(after.mtime, before.mtime);
      assert.ok(after.ctime > before.ctime);
    },
  },
  {
    title: 'an access control list: EOPNOTSUPP, so that programs fall back to chmod',
    run: async (ground) => {
      await ground.put('file');
      const name = 'system.posix_acl_access';
      // Version 2; owner, group and others may read and write.
      const list = Buffer.from('0200000001000600ffffffff04000600ffffffff20000600ffffffff', 'hex');
      await ground.fails('EOPNOTSUPP', ground.calls.setxattr(ground.path('file'), name, list));
      await ground.fails('EOPNOTSUPP', ground.calls.getxattr(ground.path('file'), name));
    },
  },
  {
    title: 'names with letters of every kind',
    run: async (ground) => {
      await ground.put('file');
      for (const name of ['user.test.你好', 'user.test.with space', `user.test.${'n'.repeat(200)}`]) {
        await ground.calls.setxattr(ground.path('file'), name, Buffer.from(name));
        assert.equal((await ground.calls.getxattr(ground.path('file'), name)).toString(), name);
      }
      assert.equal((await own(ground, 'file')).length, 3);
    },
  },
];
