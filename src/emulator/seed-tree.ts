// A drive with something in it from the start: generated files, always the same ones, or a copy of a folder of this machine. Owned by
// emulator.ts; used for a drive that is new.
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ContentStore } from './content-store.ts';
import type { ItemNumber } from './drive-item.ts';
import type { DriveState } from './drive-state.ts';
import { readMediaFacts } from './media-facts.ts';
import type { RecordLog } from './record-log.ts';

export interface Seed {
  readonly drive: DriveState;
  readonly store: ContentStore;
  readonly log: RecordLog;
}

const filesPerFolder = 20;
const foldersPerFolder = 20;

const padded = (number: number, digits: number): string => String(number).padStart(digits, '0');

/** A few lines, different for each number. */
const generatedText = (number: number): string => {
  const line = `This is file ${number} of the seeded tree.\n`;
  return line.repeat(1 + (number % 25));
};

const folderFor = ({ drive }: Seed, index: number): ItemNumber => {
  const made = (parent: ItemNumber, name: string): ItemNumber =>
    (drive.named(parent, name) ?? drive.createFolder(parent, name)).number;
  const top = made(drive.root.number, 'Seed');
  const group = made(top, `group-${padded(Math.floor(index / foldersPerFolder), 3)}`);
  return made(group, `folder-${padded(index, 4)}`);
};

/** `count` small files below `Seed`, 20 to a folder, 20 folders to a group. */
export const seedGenerated = (seed: Seed, count: number): void => {
  for (let number = 0; number < count; number += filesPerFolder) {
    seed.log.commit(() => {
      const folder = folderFor(seed, number / filesPerFolder);
      for (let at = number; at < Math.min(count, number + filesPerFolder); at += 1) {
        const hashes = seed.store.putSync(Buffer.from(generatedText(at)));
        seed.drive.putFile(folder, `file-${padded(at, 5)}.txt`, { hashes });
      }
    });
  }
};

/** Copies what is in the folder at `path` into `parent`: files and folders, nothing else. */
export const seedFromFolder = async (seed: Seed, path: string, parent: ItemNumber): Promise<void> => {
  for (const name of readdirSync(path).sort()) {
    const source = join(path, name);
    const kind = statSync(source);
    if (kind.isDirectory()) {
      const folder = seed.drive.named(parent, name) ?? seed.drive.createFolder(parent, name);
      await seedFromFolder(seed, source, folder.number);
    }
    if (!kind.isFile()) continue;
    const hashes = await seed.store.receive(createReadStream(source));
    const media = await readMediaFacts(basename(source), seed.store.path(hashes.sha256));
    seed.drive.putFile(parent, name, { hashes, media });
  }
};
