// The file system in memory as serve-file-system.ts wants it.
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
