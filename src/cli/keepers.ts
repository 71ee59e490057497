// Whoever keeps unsent changes: the mounts that run, or the folder of the account if none does. Commands ask both alike.
import { neverAborted } from '../base/abortable.ts';
import type { Settings } from '../config.ts';
import { SettingsError } from '../config-sources.ts';
import { askDaemon, UnansweredError } from '../daemon/control-client.ts';
import { type OurMount, ourMounts, placeOf } from '../daemon/our-mounts.ts';
import { type Answers, type Ask, ControlError, protocolVersion, type Question } from '../daemon/protocol.ts';
import { answerUpkeep } from '../daemon/upkeep-answers.ts';
import type { CommandContext } from './command-context.ts';

export interface Keeper {
  /** What goes before paths in the drive, for people. */
  readonly prefix: string;
  /** What the command was given, below the mountpoint or the drive's root. */
  readonly inside: string;
  ask<A extends Ask>(question: { readonly ask: A } & Omit<Question, 'v' | 'ask' | 'path'>): Promise<Answers[A]>;
}

const ofMount = (mount: OurMount, inside: string): Keeper => ({
  ...{ prefix: mount.mountpoint, inside },
  ask: (question) => askDaemon(mount, { ...question, path: inside }),
});

/**
 * The mounts of the account in the settings, for what must not be done to the drive of another one. Throws a SettingsError if the
 * settings do not say whose drive they mean, and there are several, or if another's is dead: it may be the one that is meant.
 */
export const mountsOfAccount = async (context: CommandContext): Promise<readonly OurMount[]> => {
  const { accountIn } = await import('../mount-folder.ts');
  const account = accountIn(await context.settings());
  const all = ourMounts();
  await keptByDead(context, all);
  if (account !== undefined) return all.filter((mount) => (mount.account ?? account) === account);
  if (all.length < 2) return all;
  const mountpoints = all.map(({ mountpoint }) => mountpoint).join(', ');
  throw new SettingsError(`several drives are mounted: name one of ${mountpoints}`);
};

/**
 * Runs `work` for each of those that keep something at `path`: `those`, or what is kept of the account if there are none, where it
 * is undefined. A path in no mount is one of the drive.
 */
export const forKeepers = async (
  context: CommandContext,
  path: string | undefined,
  work: (keeper: Keeper) => Promise<void>,
  those?: readonly OurMount[],
): Promise<void> => {
  const place = path === undefined ? undefined : placeOf(path);
  const all = those ?? ourMounts();
  const mounts = path === undefined ? all.map((mount) => ({ mount, inside: '' })) : place === undefined ? [] : [place];
  if (path !== undefined && place === undefined && all.length > 0)
    throw new ControlError(`${path} is in no SkyDrive that is mounted here`, { kind: 'missing' });
  const kept = await keptByDead(
    context,
    mounts.map(({ mount }) => mount),
  );
  for (const { mount, inside } of mounts) {
    const settings = kept.get(mount);
    await (settings === undefined ? work(ofMount(mount, inside)) : forFolder(context, settings, inside, work));
  }
  if (mounts.length === 0) await forFolder(context, await context.settings(), path ?? '', work);
};

/**
 * The settings for the folders of those mounts whose process is gone. Throws a SettingsError if one is of another account than the
 * settings: before any of them is worked on, so that nothing is half done.
 */
export const keptByDead = async (
  context: CommandContext,
  mounts: readonly OurMount[],
): Promise<ReadonlyMap<OurMount, Settings>> => {
  const areDead = await Promise.all(mounts.map(isDead));
  const dead = mounts.filter((_, index) => areDead[index]);
  if (dead.length === 0) return new Map();
  const { settingsOfMount } = await import('../mount-folder.ts');
  const settings = await context.settings();
  return new Map(dead.map((mount) => [mount, settingsOfMount(settings, mount)]));
};

/** Whoever is not dead says itself what is wrong, when it is asked for more. */
const isDead = async (mount: OurMount): Promise<boolean> => {
  try {
    await askDaemon(mount, { ask: 'ping' });
    return false;
  } catch (error) {
    return error instanceof UnansweredError && error.dead;
  }
};

const forFolder = async (
  context: CommandContext,
  settings: Settings,
  path: string,
  work: (keeper: Keeper) => Promise<void>,
): Promise<void> => {
  const { openFolder } = await import('../mount-folder.ts');
  const { opened, close } = openFolder(settings, context.log);
  const inside = path.replace(/^\/+|\/+$/g, '');
  const signal = neverAborted();
  try {
    await work({
      ...{ prefix: '', inside },
      ask: <A extends Ask>(question: { readonly ask: A }) =>
        answerUpkeep(opened.upkeep, { v: protocolVersion, ...question, path: inside }, signal) as Promise<Answers[A]>,
    });
  } finally {
    await close();
  }
};
