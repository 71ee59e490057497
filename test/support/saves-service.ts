// A dialect on an emulator that holds documents, as serve-file-system.ts wants it; asked, it tells what became of them.
import { systemClock } from '../../src/base/clock.ts';
import { makeLog } from '../../src/base/log.ts';
import { openDrive } from '../../src/drive/open-drive.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import type { Look } from '../traces/saves.ts';
import { type EmulatedDialect, emulated } from './emulated.ts';
import type { Service } from './serve-file-system.ts';

export interface SavesOptions {
  readonly dialect: EmulatedDialect;
  readonly settleMs: number;
  /** What the drive holds: paths with texts; folders end in `/`. What is called `doc.txt` gets a comment. */
  readonly files: Readonly<Record<string, string>>;
}

const fill = async ({ admin }: Emulator, files: SavesOptions['files']): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    if (path.endsWith('/')) admin.mkdir({ path: path.slice(0, -1) });
    else await admin.put({ path }, text);
    if (path.endsWith('/doc.txt')) admin.addComment({ path }, 'about it');
  }
};

/** The number of an item, which is the same in both dialects. */
const numberOf = (id: string): string => id.split('!')[1] ?? id;

const lookAt = async ({ admin }: Emulator): Promise<Look> => {
  const items = admin.tree();
  const texts: Record<string, string> = {};
  for (const { path, name } of items) if (name === 'doc.txt') texts[path] = (await admin.read({ path })).toString();
  return {
    items: items.map(({ path, id, comments }) => ({ path, id: numberOf(id), comments })),
    versions: admin.history().map(({ item, name }) => ({ id: String(item), name })),
    texts,
  };
};

export const savesService = async (options: SavesOptions): Promise<Service & { ask(): Promise<Look> }> => {
  const { dialect, settleMs } = options;
  const { emulator, configFile, apiUrl, loginUrl, cacheDir, ...place } = await emulated({ strict: true }, dialect);
  await fill(emulator, options.files);
  const { drive, close } = await openDrive({ dialect, configFile, apiUrl, loginUrl });
  const log = makeLog('warn', (line) => process.stderr.write(`${line}\n`));
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const opened = openFileSystem({
    ...{ drive, folder: cacheDir, clock: systemClock, log, cacheSize: 1e9, settleMs, listingAgeMs: 30_000 },
    settings: { uid, gid, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
  });
  let last: Look = { items: [], versions: [], texts: {} };
  const look = async (): Promise<Look> => {
    const parked = await opened.sync(undefined, AbortSignal.timeout(120_000));
    if (parked.length > 0) throw new Error(`parked: ${JSON.stringify(parked)}`);
    last = await lookAt(emulator);
    return last;
  };
  return {
    fs: opened.fs,
    attached: (mount) => opened.attachKernel(mount),
    ask: async (question?: unknown) => (question === 'ended' ? last : await look()),
    close: async () => {
      await opened.close();
      close();
      await place[Symbol.asyncDispose]();
    },
  };
};
