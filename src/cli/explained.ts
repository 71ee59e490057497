// Faults of the drive in the words of whoever named the things: which name is taken in which folder, instead of which request
// was answered how. What cannot be said better stays as it is.
import { ControlError } from '../daemon/protocol.ts';
import type { Item } from '../drive/drive.ts';
import { isFault } from '../drive/drive-error.ts';
import { placeName } from './places.ts';

/** What `work` gives; where a name in a folder is the trouble, the error names both. */
export const explained = async <T>(name: string, folder: Item, work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (cause) {
    if (isFault(cause, 'exists'))
      throw new ControlError(`there is a "${name}" in "${placeName(folder)}" already`, { cause });
    throw cause;
  }
};
