// What the tool steps work with: a small tree with text, binary, empty and large files, and archives of it. Always the same
// bytes and times.
import { execFile } from 'node:child_process';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { patterned } from '../suites/posix/content-cases.ts';

const run = promisify(execFile);

const files: Readonly<Record<string, string | Uint8Array>> = {
  'a.txt': 'the first text\n'.repeat(100),
  'b.txt': 'the second text\n',
  empty: '',
  'large.bin': patterned(3_000_001, 5),
  'inner/deep/leaf.txt': 'a leaf\n',
  'inner/name with spaces.txt': 'spaces\n',
  'inner/ünïcödé 你好.txt': 'letters\n',
  ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`many/file-${index}`, `file ${index}\n`])),
};

/** Makes `tree`, `tree.tar` and `tree.tar.gz` in `folder`. */
export const makeMaterial = async (folder: string): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, 'tree', name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
    await utimes(path, 1_500_000_000, 1_400_000_000.25);
  }
  await run('tar', ['cf', 'tree.tar', 'tree'], { cwd: folder });
  await run('tar', ['czf', 'tree.tar.gz', 'tree'], { cwd: folder });
};
