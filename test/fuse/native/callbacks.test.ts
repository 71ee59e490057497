// The callbacks of libfuse on a file system in memory, without libfuse: answers, buffers, references, hidden names.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { Callbacks } from '../../../src/fuse/native/callbacks.ts';
import { MemoryFileSystem } from '../../support/memory-file-system.ts';

const { errno } = constants;
const fileMode = 0o100644;
const hidden = '/.fuse_hidden0000000100000001';

class Libfuse {
  readonly fs = new MemoryFileSystem();
  readonly #table = new Callbacks(this.fs, silentLog).table();

  /** The result and what goes with it. */
  async call(name: string, ...parameters: unknown[]): Promise<unknown[]> {
    const replies: unknown[][] = [];
    await this.#table[name]?.((...reply) => replies.push(reply), ...parameters);
    assert.equal(replies.length, 1, `${name} answered ${replies.length} times`);
    return replies[0] ?? [];
  }

  async result(name: string, ...parameters: unknown[]): Promise<number> {
    return Number((await this.call(name, ...parameters))[0]);
  }

  /** The number of a new, open file. */
  async create(path: string): Promise<number> {
    return Number((await this.call('create', path, fileMode))[1]);
  }

  async size(path: string): Promise<number> {
    const [, array] = await this.call('getattr', path);
    return array instanceof Uint32Array ? (array[3] ?? 0) : -1;
  }

  write(file: number, text: string, offset = 0): Promise<number> {
    return this.result('write', '/x', file, Buffer.from(text), text.length, offset, 0);
  }

  async read(file: number): Promise<string> {
    const buffer = Buffer.alloc(100);
    const [count, , memory] = await this.call('read', '/x', file, buffer, 100, 0, 0);
    assert.equal(memory, buffer.buffer);
    return buffer.subarray(0, Number(count)).toString();
  }
}

describe('callbacks', () => {
  it('answer with negative errno, and keep no reference', async () => {
    const libfuse = new Libfuse();
    assert.equal(await libfuse.result('mkdir', '/folder', 0o755), 0);
    assert.equal(await libfuse.result('mkdir', '/folder', 0o755), -errno.EEXIST);
    assert.equal(await libfuse.result('getattr', '/folder/missing'), -errno.ENOENT);
    assert.equal(await libfuse.result('rename', '/missing', '/folder/x'), -errno.ENOENT);
    assert.equal(await libfuse.result('link', '/folder', '/other'), -errno.EPERM);
    assert.equal(await libfuse.result('mknod', '/fifo', 0o010644, 0), -errno.EPERM);
    assert.equal(await libfuse.result('rmdir', '/'), -errno.EBUSY);
    assert.equal(await libfuse.result('mkdir', '/bad \ufffd name', 0o755), -errno.EILSEQ);
    assert.equal(libfuse.fs.references, 0);
  });

  it('write, read and release a file', async () => {
    const libfuse = new Libfuse();
    const file = await libfuse.create('/file');
    assert.equal(await libfuse.write(file, 'content'), 7);
    assert.equal(await libfuse.read(file), 'content');
    assert.equal(await libfuse.result('ftruncate', '/file', file, 3, 0), 0);
    assert.equal(await libfuse.size('/file'), 3);
    assert.equal(await libfuse.result('truncate', '/file', 5, 1), 0);
    assert.equal(await libfuse.size('/file'), 5);
    assert.equal(libfuse.fs.references, 1);
    for (const name of ['flush', 'release']) assert.equal(await libfuse.result(name, '/file', file), 0);
    assert.equal(await libfuse.result('flush', '/file', file), -errno.EBADF);
    assert.deepEqual([libfuse.fs.references, libfuse.fs.openHandles], [0, 0]);
  });

  it('give back the buffer of a failed read', async () => {
    const libfuse = new Libfuse();
    const buffer = Buffer.alloc(10);
    const reply = await libfuse.call('read', '/x', 99, buffer, 10, 0, 0);
    assert.deepEqual(reply, [-errno.EBADF, 0, buffer.buffer]);
  });

  it('list all entries with their numbers and kinds', async () => {
    const libfuse = new Libfuse();
    await libfuse.result('mkdir', '/folder', 0o755);
    for (let index = 0; index < 2500; index += 1) await libfuse.result('mknod', `/folder/${index}`, fileMode, 0);
    const [result, names, arrays] = await libfuse.call('readdir', '/folder');
    assert.equal(result, 0);
    assert.ok(Array.isArray(names) && Array.isArray(arrays));
    assert.deepEqual(names.slice(0, 3), ['.', '..', '0']);
    assert.equal(names.length, 2502);
    assert.equal(arrays.length, 2502);
    assert.deepEqual([libfuse.fs.references, libfuse.fs.openHandles], [0, 0]);
  });

  it('never answer beyond the buffer for an attribute', async () => {
    const libfuse = new Libfuse();
    const get = async (size: number): Promise<[number, Buffer]> => {
      const buffer = Buffer.alloc(size);
      return [await libfuse.result('getxattr', '/', 'user.a', buffer, 0), buffer];
    };
    assert.equal((await get(0))[0], -errno.ENODATA);
    assert.equal(await libfuse.result('setxattr', '/', 'user.a', Buffer.from('value'), 0, 0), 0);
    assert.equal((await get(0))[0], 5);
    assert.equal((await get(4))[0], -errno.ERANGE);
    assert.deepEqual(await get(5), [5, Buffer.from('value')]);
    assert.deepEqual(await get(6), [5, Buffer.from('value\0')]);
    assert.equal(await libfuse.result('listxattr', '/', Buffer.alloc(0)), 7);
    assert.equal(await libfuse.result('listxattr', '/', Buffer.alloc(6)), -errno.ERANGE);
    const list = Buffer.alloc(7);
    assert.equal(await libfuse.result('listxattr', '/', list), 7);
    assert.equal(list.toString(), 'user.a\0');
  });
});

describe('a file that is removed while it is open', () => {
  it('is removed at once, and reached by its hidden name until the last release', async () => {
    const libfuse = new Libfuse();
    const file = await libfuse.create('/file');
    await libfuse.write(file, 'content');
    assert.equal(await libfuse.result('getattr', hidden), -errno.ENOENT);
    assert.equal(await libfuse.result('rename', '/file', hidden), 0);
    assert.equal(await libfuse.result('getattr', '/file'), -errno.ENOENT);
    assert.deepEqual((await libfuse.call('readdir', '/'))[1], ['.', '..']);
    assert.equal(await libfuse.size(hidden), 7);
    const [, second] = await libfuse.call('open', hidden, 0);
    assert.equal(await libfuse.read(file), 'content');
    assert.equal(await libfuse.result('release', hidden, file), 0);
    assert.equal(await libfuse.read(Number(second)), 'content');
    assert.equal(await libfuse.result('release', hidden, Number(second)), 0);
    assert.equal(await libfuse.result('getattr', hidden), -errno.ENOENT);
    assert.deepEqual([libfuse.fs.references, libfuse.fs.openHandles, libfuse.fs.nodeCount], [0, 0, 1]);
  });

  it('keeps its folder until the last release, whatever path that has by then', async () => {
    const libfuse = new Libfuse();
    for (const folder of ['/outer', '/outer/inner', '/other']) await libfuse.result('mkdir', folder, 0o755);
    const file = await libfuse.create('/outer/inner/file');
    assert.equal(await libfuse.result('rename', '/outer/inner/file', `/outer/inner${hidden}`), 0);
    assert.equal(await libfuse.result('rmdir', '/outer/inner'), -errno.ENOTEMPTY);
    assert.equal(await libfuse.result('rename', '/outer', '/moved'), 0);
    assert.equal(await libfuse.result('rmdir', '/moved/inner'), -errno.ENOTEMPTY);
    assert.equal(await libfuse.result('rename', '/other', '/moved/inner'), -errno.ENOTEMPTY);
    assert.equal(await libfuse.result('release', `/moved/inner${hidden}`, file), 0);
    assert.equal(await libfuse.result('rename', '/other', '/moved/inner'), 0);
    assert.equal(await libfuse.result('rmdir', '/moved/inner'), 0);
  });

  it('lets its folder go once it is closed, before libfuse hears of it, unless somebody goes on', async () => {
    const libfuse = new Libfuse();
    await libfuse.result('mkdir', '/folder', 0o755);
    const file = await libfuse.create('/folder/file');
    assert.equal(await libfuse.result('flush', '/folder/file', file), 0);
    assert.equal(await libfuse.result('rename', '/folder/file', `/folder${hidden}`), 0);
    await libfuse.write(file, 'by another descriptor');
    assert.equal(await libfuse.result('rmdir', '/folder'), -errno.ENOTEMPTY);
    assert.equal(await libfuse.result('flush', `/folder${hidden}`, file), 0);
    assert.equal(await libfuse.result('rmdir', '/folder'), 0);
    assert.equal(await libfuse.result('release', '-', file), 0);
  });

  it('is renamed like any other if nobody has it open', async () => {
    const libfuse = new Libfuse();
    await libfuse.result('mknod', '/file', fileMode, 0);
    assert.equal(await libfuse.result('rename', '/file', hidden), 0);
    assert.deepEqual((await libfuse.call('readdir', '/'))[1], ['.', '..', hidden.slice(1)]);
  });
});
