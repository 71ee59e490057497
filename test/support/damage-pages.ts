// Damages a file of lmdb where a text is stored, so that it is noticed by an error, and not by the end of the process.
import { readFileSync, writeFileSync } from 'node:fs';

const pageSize = 4096;

/** Overwrites each page of the file that holds `text`, also where somebody has it mapped. */
export const damagePages = (path: string, text: string): void => {
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at)) {
    const start = at - (at % pageSize);
    bytes.fill('x', start, start + pageSize);
  }
  writeFileSync(path, bytes, { flag: 'r+' });
};
