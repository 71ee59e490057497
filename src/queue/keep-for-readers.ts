// Open files whose content the drive is about to lose, because it is removed or replaced there.
import type { Node } from '../metadata/node.ts';
import { isPassing, type Parts } from './sending.ts';

/** Who has the file open reads on after its removal: what is not here yet is fetched while the drive still has it. */
export const keepForReaders = async (parts: Parts, node: Node | undefined, signal: AbortSignal): Promise<void> => {
  const file = parts.contents.used(node?.content);
  if (file === undefined || file.isComplete) return;
  try {
    await file.ensure(0, file.size, signal);
  } catch (error) {
    if (isPassing(error)) throw error;
    parts.log.warn(`an open file that was removed cannot be read any further`, error);
  }
};
