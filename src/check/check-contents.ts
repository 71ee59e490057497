// The records of contents, the nodes that they belong to and the files that hold the bytes agree. Bytes that nobody else has are
// never deleted: what belongs to nothing goes to the folder lost+found, with a note.
import { lstatSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { accessTrouble } from '../base/file-access.ts';
import { Ranges } from '../base/ranges.ts';
import type { ContentRecord } from '../content/content-record.ts';
import { moveToLostFound } from '../content/lost-found.ts';
import { type Node, type NodeId, rootNode } from '../metadata/node.ts';
import { enqueue } from './check-queue.ts';
import type { Ground } from './ground.ts';

export const checkContents = async (ground: Ground, signal: AbortSignal): Promise<void> => {
  const files = filesIn(ground);
  if (files === undefined) return;
  await ground.each([...ground.contents.keys()], (id) => checkRecord(ground, id, ground.contents.get(id)), signal);
  const nodes = [...ground.nodes.keys()];
  const missed = new Set<number>();
  await ground.each(nodes, (id) => checkOwner(ground, id, missed), signal);
  await ground.each(files, (path) => checkStray(ground, path, missed), signal);
};

const sizeOf = (path: string): number | undefined => {
  try {
    return statSync(path).size;
  } catch {
    return undefined;
  }
};

/** All files in the folder of contents; undefined if it is none, and nothing can be said of contents. */
const filesIn = (ground: Ground): readonly string[] | undefined => {
  const folder = join(ground.folder, 'content');
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) {
    ground.found(`${folder} is not a folder: no content can be kept there`, () =>
      rescue(ground, folder, 'in the place of the folder of contents', 'content'),
    );
    return ground.repair ? [] : undefined;
  }
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  } catch (error) {
    ground.found(`${folder} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
};

/** The content whose place that is. */
const idAt = (ground: Ground, path: string): number | undefined => {
  const name = basename(path);
  return /^\d+$/.test(name) && ground.contentPath(Number(name)) === path ? Number(name) : undefined;
};

const checkRecord = (ground: Ground, id: number, record: ContentRecord | undefined): void => {
  if (record === undefined || ground.isInUse(id)) return;
  if (id > (ground.about.get('last-content') ?? 0))
    ground.found(`content ${id} has a number that would be given again`, () => ground.about.put('last-content', id));
  const node = ground.nodes.get(record.node as NodeId);
  if (node?.content !== id) {
    // A cached one that nothing refers to is only room that is given up some day.
    if (record.dirty) checkUnowned(ground, id, node);
    return;
  }
  if (!areRanges(record))
    ground.found(
      `what is here of ${ground.path(node.id)} is noted in a way that makes no sense`,
      mendRanges(ground, id, record),
    );
  else checkFile(ground, id, record, node);
  const size = ground.nodes.get(node.id)?.size;
  if (record.dirty && size !== record.size)
    ground.found(`${ground.path(node.id)} has ${record.size} bytes, and is shown with ${size}`, () =>
      ground.nodes.put(node.id, { ...(ground.nodes.get(node.id) ?? node), size: record.size }),
    );
};

const checkUnowned = (ground: Ground, id: number, node: Node | undefined): void => {
  const of = node === undefined ? 'no file that is known' : `an earlier state of ${ground.path(node.id)}`;
  ground.found(`content ${id}, which is not on the drive, is of ${of}`, () => {
    rescue(ground, ground.contentPath(id), `not on the drive, and of ${of}`);
    ground.contents.remove(id);
  });
};

const areRanges = ({ present, holes, size }: ContentRecord): boolean =>
  [present, holes].every((ranges) =>
    ranges.every(([start, end], at) => start < end && start >= (ranges[at - 1]?.[1] ?? 0)),
  ) &&
  (present.at(-1)?.[1] ?? 0) <= size &&
  holes.every(([start, end]) => present.some(([from, to]) => from <= start && end <= to));

/** All that the file holds is taken for present; a cached content is fetched again instead. */
const mendRanges = (ground: Ground, id: number, record: ContentRecord) => (): void => {
  if (!record.dirty) drop(ground, id, record);
  else ground.contents.put(id, { ...record, present: record.size === 0 ? [] : [[0, record.size]], holes: [] });
};

/** What people can do where unsent bytes are gone. */
const givingUp = '"skydrive discard PATH" gives up the change';

/** Behind the last byte that is no hole. */
const neededBytes = ({ present, holes }: ContentRecord): number =>
  Ranges.from(present).without(Ranges.from(holes)).list.at(-1)?.end ?? 0;

const checkFile = (ground: Ground, id: number, record: ContentRecord, node: Node): void => {
  const needed = neededBytes(record);
  const size = sizeOf(ground.contentPath(id)) ?? 0;
  if (size >= needed) {
    const trouble = accessTrouble(ground.contentPath(id));
    if (trouble !== undefined)
      ground.found(`${ground.contentPath(id)} of ${ground.path(node.id)} cannot be read and written: ${trouble}`);
    return;
  }
  const text = `${ground.contentPath(id)} has ${size} bytes of ${needed} of ${ground.path(node.id)}`;
  // The drive has what is only cached; what it does not have, nobody can bring back.
  const saving = size === 0 ? '' : '"skydrive export" saves what is left of them, ';
  if (record.dirty) ground.found(`${text}, which are not on the drive: ${saving}${givingUp}`);
  else ground.found(text, () => drop(ground, id, record));
};

/** Of a content that the drive has. */
export const drop = (ground: Ground, id: number, record: ContentRecord): void => {
  rmSync(ground.contentPath(id), { force: true });
  ground.contents.remove(id);
  const node = ground.nodes.get(record.node as NodeId);
  if (node?.content !== id) return;
  const { content: _, ...without } = node;
  ground.nodes.put(node.id, without);
};

/** A node whose bytes are nowhere but here must have them here. */
const checkOwner = (ground: Ground, id: NodeId, missed: Set<number>): void => {
  const node = ground.nodes.get(id);
  if (node === undefined || node.kind === 'folder' || id === rootNode || node.parent === undefined) return;
  const { content } = node;
  if ((content !== undefined && ground.contents.get(content) !== undefined) || ground.isInUse(content)) return;
  if (node.item !== undefined && node.ahead.content !== true) return;
  const size = content === undefined ? undefined : sizeOf(ground.contentPath(content));
  const text = `nothing is noted of the bytes of ${ground.path(id)}, which are not on the drive`;
  if (content === undefined || size === undefined) ground.found(`${text}, and they are not here: ${givingUp}`);
  else {
    missed.add(content);
    ground.found(text, () => noteAgain(ground, node, content, size));
  }
};

const noteAgain = (ground: Ground, node: Node, content: number, size: number): void => {
  ground.contents.put(content, {
    ...{ node: node.id, size, present: size === 0 ? [] : [[0, size]], holes: [], dirty: true, used: ground.now },
    ...{ savedIn: '', fileTime: 0 },
  });
  ground.nodes.put(node.id, { ...node, size });
  const isWaiting = [...ground.journal.all()].some(
    ({ value: { intent } }) => intent.node === node.id && intent.kind === 'put-content',
  );
  const at =
    node.item === undefined && node.parent !== undefined ? { at: { parent: node.parent, name: node.name } } : {};
  if (!isWaiting) enqueue(ground, { kind: 'put-content', node: node.id, ...at });
};

const checkStray = (ground: Ground, path: string, missed: ReadonlySet<number>): void => {
  const id = idAt(ground, path);
  if (id !== undefined && (ground.contents.get(id) !== undefined || ground.isInUse(id) || missed.has(id))) return;
  const found = lstatSync(path, { throwIfNoEntry: false });
  // A frozen copy of a content has no name, but for a moment.
  if (found === undefined || found.isDirectory() || path.endsWith('.frozen')) return;
  ground.found(`${path} is of no content that is known`, () => rescue(ground, path, 'of no content that is known'));
};

/** To lost+found, with a note. */
export const rescue = (ground: Ground, path: string, reason: string, name = `content-${basename(path)}`): void => {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  const to = moveToLostFound(ground.folder, path, name);
  const when = new Date(ground.now).toISOString();
  writeFileSync(`${to}.txt`, `${basename(to)}: found by "skydrive check" on ${when}, ${reason}.\n`, { mode: 0o600 });
};
