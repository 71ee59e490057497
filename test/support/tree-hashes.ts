// A tree of the disk as lines that two trees can be compared by: path, kind, and hash of the content.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface TreeOptions {
  /** Paths from the top that are left out, with what is below them. */
  readonly without?: RegExp;
  readonly algorithm?: 'sha1' | 'sha256';
  /** A symbolic link counts as the file that it is on the drive, with its target as content. */
  readonly linksAsFiles?: boolean;
}

const hashOf = async (path: string, algorithm: string): Promise<string> => {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

const linkLine = (target: string, { linksAsFiles, algorithm = 'sha256' }: TreeOptions): string =>
  linksAsFiles ? createHash(algorithm).update(target).digest('hex') : `symlink ${target}`;

/** `path -> folder`, `path -> symlink TARGET` or `path -> HASH`, sorted by path. */
export const treeHashes = async (top: string, options: TreeOptions = {}): Promise<Record<string, string>> => {
  const found: [string, string][] = [];
  const visit = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(top, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (options.without?.test(path)) continue;
      const whole = join(top, path);
      if (entry.isDirectory()) {
        found.push([path, 'folder']);
        await visit(path);
      } else if (!entry.isSymbolicLink()) found.push([path, await hashOf(whole, options.algorithm ?? 'sha256')]);
      else found.push([path, linkLine(await readlink(whole), options)]);
    }
  };
  await visit('');
  return Object.fromEntries(found.sort(([one], [two]) => (one < two ? -1 : 1)));
};
