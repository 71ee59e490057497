// Names that the service keeps for itself (docs: Graph, 14): `desktop.ini`, `aux.txt`, `~$x`, `a_vti_b`. Programs make such files;
// they are stored with a private-use character in the name, and shown as they were meant. Around the drive rather than in it: all
// that the dialect says to the service has the stored names, and all that it says to others the meant ones.
import type { ChangePage, Drive, Item, Original, Upload } from '../drive.ts';
import { type CallMethod, wrapDrive } from '../wrap-drive.ts';

/** No name of the tree and no other mapping has it (metadata/names.ts uses those below). */
const mark = '\uf081';
const reserved = /^\uf081*((con|prn|aux|nul|com\d|lpt\d)(\..*)?|\.lock|desktop\.ini|~\$.*)$/is;

/** The name that the service can hold. */
export const storedName = (name: string): string => {
  const parted = name.replace(/(_vti\uf081*)_/gi, `$1${mark}_`);
  return reserved.test(parted) ? `${mark}${parted}` : parted;
};

/** The name that was meant. */
export const meantName = (name: string): string => {
  const plain = name.startsWith(mark) && reserved.test(name) ? name.slice(mark.length) : name;
  return plain.replace(/(_vti\uf081*)\uf081_/gi, '$1_');
};

interface Named {
  readonly name: string;
}

const stored = <T extends Named>(named: T): T => ({ ...named, name: storedName(named.name) });

const meant = (item: Item): Item => {
  const name = meantName(item.name);
  return name === item.name ? item : { ...item, name };
};

const storedUpload = (upload: Upload): Upload =>
  'parentId' in upload.target ? { ...upload, target: stored(upload.target) } : upload;

const storedProperties = (properties: Original): Original => {
  const { name } = properties;
  return typeof name === 'string' ? { ...properties, name: storedName(name) } : properties;
};

/** What goes into the methods that take names. */
const given: { readonly [M in CallMethod]?: (args: readonly unknown[]) => readonly unknown[] } = {
  makeFolder: ([parent, name, ...others]) => [parent, storedName(name as string), ...others],
  move: ([item, to, ...others]) => [stored(item as Item), stored(to as Named), ...others],
  copy: ([id, to, ...others]) => [id, stored(to as Named), ...others],
  upload: ([upload, ...others]) => [storedUpload(upload as Upload), ...others],
  setProperties: ([id, properties, ...others]) => [id, storedProperties(properties as Original), ...others],
};

const isItem = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && 'kind' in value && 'name' in value;

const isPage = (value: unknown): value is ChangePage =>
  typeof value === 'object' && value !== null && 'changes' in value;

const answered = (value: unknown): unknown => {
  if (isItem(value)) return meant(value);
  if (Array.isArray(value)) return value.map(answered);
  if (!isPage(value)) return value;
  const changes = value.changes.map((change) => ('item' in change ? { item: meant(change.item) } : change));
  return { ...value, changes };
};

async function* pages(parts: AsyncIterable<unknown>): AsyncIterable<unknown> {
  for await (const part of parts) yield part instanceof Uint8Array ? part : answered(part);
}

export const withReservedNames = (drive: Drive): Drive =>
  wrapDrive(drive, {
    call: async (method, args, run) => answered(await run(given[method]?.(args) ?? args)),
    stream: (method, args, open) => {
      const [item, ...others] = args;
      return pages(open(method === 'read' ? [stored(item as Item), ...others] : args));
    },
  });
