// POST copy and its monitor (docs/graph-drive.md, 10): files and whole folders, within a drive and to another one. The copy has new ids and
// new times.
import { randomUUID } from 'node:crypto';
import type { DriveItem, ItemNumber, OnConflict } from '../drive-item.ts';
import { DriveFault } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import type { Exchange } from '../exchange.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { conflictIn, conflictInQuery } from './conflicts.ts';
import type { CopyJob } from './copy-jobs.ts';
import { objectField, readFields, textField } from './graph-body.ts';
import type { ItemCall } from './graph-call.ts';
import { accessDenied, asGraphError, GraphError, invalidRequest, itemNotFound } from './graph-error.ts';
import { graphReply } from './graph-json.ts';
import { checkName } from './graph-names.ts';
import { reachOf } from './graph-place.ts';
import type { GraphServices } from './graph-services.ts';
import { preauthRoots } from './preauth-urls.ts';

interface Target {
  readonly drive: DriveState;
  readonly folder: DriveItem;
  readonly name: string;
  readonly conflict: OnConflict;
}

const jobDays = 1;

const isBelow = (drive: DriveState, item: DriveItem, top: ItemNumber): boolean => {
  for (
    let at: DriveItem | undefined = item;
    at !== undefined;
    at = at.parent === undefined ? undefined : drive.get(at.parent)
  ) {
    if (at.number === top) return true;
  }
  return false;
};

/** Into `folder`, under a name that may be changed by the rules for conflicts. */
const copyTree = (from: DriveState, item: DriveItem, to: Target): DriveItem => {
  const { drive, folder, name, conflict } = to;
  if (item.content !== undefined)
    return drive.putFile(folder.number, name, { hashes: item.content, media: item.media }, conflict).item;
  const children = from.children(item.number);
  const made = drive.createFolder(folder.number, name, {
    kind: item.kind,
    ...(item.graph?.shortcut === undefined ? {} : { graph: item.graph }),
    onConflict: conflict === 'rename' ? 'rename' : 'fail',
  });
  for (const child of children) copyTree(from, child, { drive, folder: made, name: child.name, conflict: 'fail' });
  return made;
};

const targetOf = async (call: ItemCall): Promise<Target> => {
  const { services, exchange, account } = call;
  const { drive, item } = call.subject;
  const fields = await readFields(exchange);
  const reference = objectField(fields, 'parentReference') ?? {};
  const owner = services.types.owner(textField(reference, 'driveId') ?? services.types.driveId(drive.uid));
  if (owner === undefined) throw itemNotFound();
  const target = services.accounts.drive(owner);
  const id = textField(reference, 'id');
  const number = id === undefined ? item.parent : services.types.itemNumber(target.uid, id);
  const folder = number === undefined ? undefined : target.get(number);
  if (folder === undefined || (id !== undefined && services.quirks.within('copy-dest-404', folder.createdMs))) {
    throw new GraphError(404, 'itemNotFound', 'Failed to verify the existence of destination location');
  }
  if (!isFolder(folder)) throw invalidRequest('The destination is not a folder.');
  if (reachOf(services, account, target, folder) !== 'write') throw accessDenied();
  const name = textField(fields, 'name') ?? item.name;
  checkName(services, target, folder, name);
  return { drive: target, folder, name, conflict: conflictInQuery(exchange) ?? conflictIn(fields) ?? 'fail' };
};

/** What the monitor will tell. */
const carryOut = (services: GraphServices, from: DriveState, item: DriveItem, to: Target): Partial<CopyJob> => {
  try {
    if (from === to.drive && isBelow(from, to.folder, item.number))
      throw new DriveFault('into-itself', 'a folder in itself');
    if (from.size(item) > to.drive.available) throw new DriveFault('full', 'no room');
    const taken = to.drive.named(to.folder.number, to.name);
    // A file replaces a file, and never itself.
    const replaces = to.conflict === 'replace' && taken?.kind === 'file' && item.kind === 'file';
    if (taken !== undefined && to.conflict !== 'rename' && (!replaces || taken === item))
      throw new DriveFault('name-taken', to.name);
    const copy = services.log.commit(() => copyTree(from, item, to));
    return { resourceId: services.types.itemId(to.drive.uid, copy.number) };
  } catch (error) {
    const known = asGraphError(error);
    if (known === undefined) throw error;
    return { errorCode: known.code, message: known.message };
  }
};

/** POST X/copy: 202 and the address of a monitor. */
export const copyItem = async (call: ItemCall): Promise<Reply> => {
  const { services, exchange } = call;
  const { drive, item } = call.subject;
  if (item.parent === undefined) throw invalidRequest('The root cannot be copied.');
  const target = await targetOf(call);
  const now = services.now();
  const outcome = carryOut(services, drive, item, target);
  const job = { id: randomUUID(), startedMs: now, dueMs: now + services.quirks.number('copy-slow'), ...outcome };
  services.jobs.add(job);
  const ticket = { uid: drive.uid, number: item.number, detail: job.id, expiresMs: now + jobDays * 86_400_000 };
  const base = services.preauth.base(exchange, services.types.isPersonal(drive.uid), services.quirks.word('hosts'));
  return emptyReply(202, { Location: `${base}${services.preauth.path(preauthRoots.monitor, ticket, 'copy')}` });
};

const progressOf = (job: CopyJob, now: number): number => {
  const length = job.dueMs - job.startedMs;
  return length <= 0 ? 100 : Math.min(99.9, Math.round(((now - job.startedMs) / length) * 1000) / 10);
};

/** GET the monitor's address; no token. */
export const getMonitor = (services: GraphServices, exchange: Exchange, id: string): Reply => {
  if (exchange.method !== 'GET') throw new GraphError(405, 'notAllowed', 'Only GET is allowed.');
  const job = services.jobs.find(id);
  if (job === undefined) throw itemNotFound();
  const now = services.now();
  const plain = { operation: 'itemCopy' };
  if (now < job.dueMs) {
    return graphReply(202, {
      ...plain,
      percentageComplete: progressOf(job, now),
      status: 'inProgress',
      statusDescription: 'Copying',
    });
  }
  if (job.errorCode !== undefined) {
    const error = { code: job.errorCode, message: job.message ?? '' };
    return graphReply(200, {
      ...plain,
      status: 'failed',
      errorCode: job.errorCode,
      error,
      statusDescription: error.message,
    });
  }
  const done = { ...plain, percentageComplete: 100, status: 'completed', resourceId: job.resourceId };
  return graphReply(services.quirks.on('copy-303') ? 303 : 200, done);
};
