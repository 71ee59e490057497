// `skydrive status [MOUNTPOINT]`: every mount, or one; dead ones are told from those that answer.
import type { Command } from 'commander';
import { formatDuration, formatSize } from '../base/quantity.ts';
import { askDaemon, UnansweredError } from '../daemon/control-client.ts';
import { failureOf } from '../daemon/failure.ts';
import { type OurMount, ourMounts, placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { MountStatus } from '../mount.ts';
import { running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { inRows } from './lists.ts';
import { printable } from './terminal.ts';
import { countOf, unsentLines } from './unsent-lines.ts';

/** A mount that answers does so at once; one that is stuck must not hang the command. */
const patienceMs = 10_000;

type Found =
  | { readonly mountpoint: string; readonly state: 'serving'; readonly status: MountStatus }
  | { readonly mountpoint: string; readonly state: 'dead' | 'unreachable'; readonly message: string };

const look = async (mount: OurMount): Promise<Found> => {
  const { mountpoint } = mount;
  try {
    return {
      mountpoint,
      state: 'serving',
      status: await askDaemon(mount, { ask: 'status' }, { timeoutMs: patienceMs }),
    };
  } catch (error) {
    const state = error instanceof UnansweredError && error.dead ? 'dead' : 'unreachable';
    return { mountpoint, state, message: failureOf(error).message };
  }
};

type FeedState = NonNullable<MountStatus['feed']>['state'];

const outageText = (outage: MountStatus['outage']): string | undefined =>
  outage === undefined
    ? undefined
    : `out of reach for ${formatDuration(Date.now() - outage.since)}: ${printable(outage.reason)}`;

const feedTexts: Readonly<Record<FeedState, string>> = {
  listing: 'are being told for the first time, or anew',
  sweeping: 'are being compared with what is known',
  following: 'are followed',
  off: 'are not told of: folders are listed when they are used',
};

const feedText = (feed: MountStatus['feed']): string | undefined => {
  if (feed === undefined) return undefined;
  const looked = feed.lookedAt === undefined ? '' : `, ${formatDuration(Date.now() - feed.lookedAt)} ago`;
  return `${feedTexts[feed.state]}${looked}${feed.trouble === undefined ? '' : `: ${printable(feed.trouble)}`}`;
};

const holdsText = (holds: MountStatus['holds']): string | undefined =>
  holds.length === 0 ? undefined : `held: ${printable(holds.map(({ reason }) => reason).join('; '))}`;

const describe = (found: Found): string => {
  if (found.state !== 'serving') return `${found.mountpoint}\n  ${found.message}`;
  const { status } = found;
  const rows = inRows(
    [
      ['account', `${status.account} (${status.dialect}, ${status.apiUrl})`],
      ['driver', `${status.driver}${status.readOnly ? ', read-only' : ''}`],
      ['process', `${status.pid}, for ${formatDuration(Date.now() - status.mountedAt)}`],
      ['service', outageText(status.outage)],
      ['queue', holdsText(status.holds)],
      ['changes', feedText(status.feed)],
      ['known', `${status.nodes} files and folders`],
      ['cache', `${formatSize(status.cachedBytes)} of ${formatSize(status.cacheSize)} in ${status.folder}`],
      ['to send', status.unsent.length === 0 ? 'nothing' : countOf(status.unsent)],
    ],
    '  ',
  );
  const conflicts = status.conflicts.map(({ path, original }) =>
    printable(`  conflict: ${path} beside ${original}: "skydrive resolve" ends it`),
  );
  return [
    found.mountpoint,
    rows,
    ...conflicts,
    ...(status.unsent.length === 0 ? [] : [unsentLines(status.unsent)]),
  ].join('\n');
};

const rowsFor = (path: string | undefined): readonly OurMount[] => {
  if (path === undefined) return ourMounts();
  const place = placeOf(path);
  if (place !== undefined) return [place.mount];
  throw new ControlError(`no SkyDrive is mounted on ${path}`, { kind: 'missing' });
};

const toJson = (found: Found): unknown => (found.state === 'serving' ? { state: found.state, ...found.status } : found);

export const addStatusCommand = (program: Command): void => {
  program
    .command('status')
    .argument('[MOUNTPOINT]', 'the mount to look at, or any path inside of it; all mounts if left out')
    .description('show what is mounted, what waits to be sent and what cannot be')
    .addHelpText('after', '\nExample:\n  skydrive --json status ~/SkyDrive')
    .action(
      running(async ({ terminal }, path: string | undefined) => {
        const found = await Promise.all(rowsFor(path).map(look));
        if (found.length === 0) terminal.result([], 'no SkyDrive is mounted');
        else {
          const values = found.map(toJson);
          terminal.result(path === undefined ? values : values[0], found.map(describe).join('\n\n'));
        }
        return found.every(({ state }) => state === 'serving') ? exitCodes.done : exitCodes.failed;
      }),
    );
};
