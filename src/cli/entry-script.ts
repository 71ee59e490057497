// The file that other processes of this program are started with.
import { join } from 'node:path';

export const entryScript = join(import.meta.dirname, 'skydrive.cjs');
