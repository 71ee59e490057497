// A file system on a drive that another client uses too: in memory, or in each dialect on an emulator.
import type { Drive, Item } from '../../src/drive/drive.ts';
import { graphOnEmulator } from './graph-on-emulator.ts';
import { liveOnEmulator } from './live-on-emulator.ts';
import { MemoryDrive, type MemoryDriveOptions } from './memory-drive.ts';
import { Bench, type BenchOptions } from './opened.ts';

/** What somebody else does to the drive, by names in its root. */
export class OtherClient {
  readonly drive: Drive;

  constructor(drive: Drive) {
    this.drive = drive;
  }

  async items(folder?: Item): Promise<Item[]> {
    const found: Item[] = [];
    for await (const page of this.drive.children((folder ?? (await this.drive.root())).id)) found.push(...page);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async item(name: string): Promise<Item> {
    const found = (await this.items()).find((item) => item.name === name);
    if (found === undefined) throw new Error(`the drive has no ${name}`);
    return found;
  }

  async put(name: string, text: string, folder?: Item): Promise<Item> {
    const parent = folder ?? (await this.drive.root());
    const known = (await this.items(parent)).find((item) => item.name === name);
    const target = known === undefined ? { parentId: parent.id, name } : { itemId: known.id };
    const bytes = Buffer.from(text);
    const body = async function* () {
      if (bytes.length > 0) yield bytes;
    };
    return this.drive.upload({ target, size: bytes.length, modified: Date.now(), body });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.drive.move(await this.item(from), { parentId: (await this.drive.root()).id, name: to });
  }

  async remove(name: string): Promise<void> {
    await this.drive.remove((await this.item(name)).id);
  }

  async read(item: Item): Promise<string> {
    const pieces: Uint8Array[] = [];
    if (item.size > 0)
      for await (const piece of this.drive.read(item, { start: 0, end: item.size })) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }

  /** Names in the root with their contents; folders with a slash. */
  async tree(): Promise<Record<string, string>> {
    const found: [string, string][] = [];
    for (const item of await this.items())
      found.push(item.kind === 'folder' ? [`${item.name}/`, ''] : [item.name, await this.read(item)]);
    return Object.fromEntries(found);
  }
}

export interface SharedDrive extends AsyncDisposable {
  readonly others: OtherClient;
  open(options?: BenchOptions): Promise<Bench>;
}

/** What the other client does is not told at once: what matters here is that it was not known. */
const withoutFeed = (drive: Drive): Drive =>
  new Proxy(drive, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (key === 'features') return { ...target.features, changeFeed: false };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

const sharing = (drive: Drive, other: Drive, end: () => Promise<void>): SharedDrive => ({
  others: new OtherClient(other),
  open: (options = {}) =>
    Bench.open({
      ...options,
      wrap: () => options.wrap?.(withoutFeed(drive)) ?? withoutFeed(drive),
      fs: { listingAgeMs: 1e9, ...options.fs },
    }),
  [Symbol.asyncDispose]: end,
});

/** New drives hold some folders. */
const emptied = async (shared: SharedDrive): Promise<SharedDrive> => {
  for (const { name } of await shared.others.items()) await shared.others.remove(name);
  return shared;
};

const inMemory = (options: MemoryDriveOptions) => async (): Promise<SharedDrive> => {
  const drive = new MemoryDrive(options);
  return sharing(drive, drive, async () => {});
};

/** Services whose drives are told apart by what they can do. */
export const sharedDrives: Readonly<Record<string, () => Promise<SharedDrive>>> = {
  'in memory': inMemory({}),
  graph: async () => {
    const service = await graphOnEmulator();
    return emptied(sharing(service.drive, service.another(), async () => service[Symbol.asyncDispose]()));
  },
  live: async () => {
    const service = await liveOnEmulator();
    return emptied(sharing(service.drive, service.another(), async () => service[Symbol.asyncDispose]()));
  },
};
