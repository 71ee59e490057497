// The file system in memory as serve-file-system.ts wants it.
import { FsError } from '../../src/base/errors.ts';
import type { NodeId } from '../../src/fs/file-system.ts';
import type { DriverMount } from '../../src/fuse/driver.ts';
import { rootNode } from '../../src/metadata/node.ts';
import { O_CREAT, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import { FileSystemCalls } from './file-system-calls.ts';
import { MemoryFileSystem, type MemoryOptions } from './memory-file-system.ts';
import type { Service } from './serve-file-system.ts';

/** Asked anything, it tells what is still referenced and open. */
export const memoryService = async (options: MemoryOptions): Promise<Service> => {
  const fs = new MemoryFileSystem(options);
  return {
    fs,
    ask: async () => ({ references: fs.references, openHandles: fs.openHandles, nodeCount: fs.nodeCount }),
  };
};

/** Bytes and attributes never come, as behind a server that does not answer; the call ends when the caller gives up. */
class StallingFileSystem extends MemoryFileSystem {
  interrupted = 0;

  override read(_handle: unknown, _offset: number, _size: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#wait(signal);
  }

  override getxattr(node: NodeId, name: string, signal: AbortSignal): Promise<Uint8Array> {
    return name === 'user.stall' ? this.#wait(signal) : super.getxattr(node, name, signal);
  }

  #wait(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        this.interrupted += 1;
        reject(new FsError('EINTR', 'interrupted'));
      });
    });
  }
}

/** Asked anything, it tells how many calls were interrupted. */
export const stallingService = async (options: MemoryOptions): Promise<Service> => {
  const fs = new StallingFileSystem(options);
  return { fs, ask: async () => ({ interrupted: fs.interrupted }) };
};

/** Asked for `{ name, content }`, it writes that file behind the kernel's back, and tells the kernel. */
export const remoteService = async (options: MemoryOptions): Promise<Service> => {
  const fs = new MemoryFileSystem(options);
  const calls = new FileSystemCalls(fs);
  let kernel: DriverMount | undefined;
  return {
    fs,
    attached: (mount) => {
      kernel = mount;
    },
    ask: async (question) => {
      if (question === 'ended') return null;
      const { name, content } = question as { name: string; content: string };
      const fd = await calls.open(`/${name}`, O_WRONLY | O_CREAT | O_TRUNC);
      await calls.write(fd, Buffer.from(content), 0);
      const { ino } = await calls.fstat(fd);
      await calls.close(fd);
      kernel?.invalidateNode(ino as NodeId);
      kernel?.invalidateEntry(rootNode, name);
      return null;
    },
  };
};
