// Whoever keeps unsent changes: mounts that run, and the folders of accounts that no process serves. Commands ask all alike.
import type { Settings } from '../config.ts';
import { SettingsError } from '../config-sources.ts';
import { askDaemon, UnansweredError } from '../daemon/control-client.ts';
import { type OurMount, ourMounts, placeOf } from '../daemon/our-mounts.ts';
import { type Answers, type Ask, ControlError, protocolVersion, type Question } from '../daemon/protocol.ts';
import { answerUpkeep } from '../daemon/upkeep-answers.ts';
import type { CommandContext } from './command-context.ts';
import { oneByOne } from './one-by-one.ts';

/** Where something is kept: in a mount that runs, or in the folder that settings lead to. */
export type Kept =
  | { readonly mount: OurMount; readonly inside: string }
  /** `settings` throws what keeps it from being known which folder that is. */
  | { readonly settings: () => Settings; readonly inside: string };

export interface Keeper {
  /** What goes before paths in the drive, for people. */
  readonly prefix: string;
  ask<A extends Ask>(question: { readonly ask: A } & Omit<Question, 'v' | 'ask' | 'path'>): Promise<Answers[A]>;
}

/** Those of other users do not answer, except to root. */
const mountsOfUser = (): readonly OurMount[] => {
  const user = process.getuid?.() ?? 0;
  return ourMounts().filter(({ uid }) => user === 0 || uid === user);
};

/**
 * All that is kept at `path`, also in a dead mount; a path in no mount is one of the drive of the account in the settings, if none is
 * of it. Without a path, all mounts, and what is kept of that account.
 */
export const keptAt = async (context: CommandContext, path: string | undefined): Promise<readonly Kept[]> => {
  const all = mountsOfUser();
  if (path === undefined) return all.length === 0 ? [await keptFolder(context, '')] : keptAnywhere(context, all);
  const place = placeOf(path);
  if (place !== undefined) return [await keptIn(context, place.mount, place.inside)];
  const outside =
    all.length === 0 ? [await keptFolder(context, path)] : await keptBeside(context, await byLife(all), path);
  if (outside.length > 0) return outside;
  throw new ControlError(`${path} is in no SkyDrive that is mounted here`, { kind: 'missing' });
};

/**
 * What is kept of the account in the settings, for what must not be done to the drive of another one. Throws a SettingsError if the
 * settings do not say whose drive they mean, and there are several, or if another's is dead: it may be the one that is meant.
 */
export const keptOfAccount = async (context: CommandContext): Promise<readonly Kept[]> => {
  const { accountIn } = await import('../mount-folder.ts');
  const account = accountIn(await context.settings());
  const all = mountsOfUser();
  const dead = await settingsOfDead(context, (await byLife(all)).dead);
  if (account === undefined && all.length > 1) {
    const mountpoints = all.map(({ mountpoint }) => mountpoint).join(', ');
    throw new SettingsError(`several drives are mounted: name one of ${mountpoints}`);
  }
  const own = account === undefined ? all : all.filter((mount) => (mount.account ?? account) === account);
  return own.length === 0 ? [await keptFolder(context, '')] : own.map((mount) => asKept(mount, dead));
};

/** Of a mount, as people name it. */
export const keptIn = async (context: CommandContext, mount: OurMount, inside = ''): Promise<Kept> =>
  asKept(mount, await settingsOfDead(context, (await byLife([mount])).dead), inside);

/**
 * Runs `work` for each. A failure is told, and does not keep the others from being asked: the exit code is then that of the failures.
 * Rejects where there is but one.
 */
export const forKeepers = async (
  context: CommandContext,
  all: readonly Kept[],
  work: (keeper: Keeper) => Promise<void>,
): Promise<number> => {
  const { exitCode } = await oneByOne(context, all, async (kept) => {
    if ('mount' in kept) await work(ofMount(context, kept));
    else await forFolder(context, kept.settings(), kept.inside, work);
  });
  return exitCode;
};

const keptFolder = async (context: CommandContext, inside: string): Promise<Kept> => {
  const settings = await context.settings();
  return { settings: () => settings, inside };
};

const keptAnywhere = async (context: CommandContext, mounts: readonly OurMount[]): Promise<readonly Kept[]> => {
  const lives = await byLife(mounts);
  const dead = await settingsOfDead(context, lives.dead);
  return [...mounts.map((mount) => asKept(mount, dead)), ...(await keptBeside(context, lives, ''))];
};

/** What is wrong with the settings keeps nobody from what is mounted. */
const keptBeside = async (context: CommandContext, lives: Lives, inside: string): Promise<readonly Kept[]> => {
  const { isKeptBeside } = await import('../mount-folder.ts');
  try {
    const settings = await context.settings();
    return isKeptBeside(settings, lives) ? [{ settings: () => settings, inside }] : [];
  } catch (error) {
    const fail = (): never => {
      throw error;
    };
    return [{ settings: fail, inside }];
  }
};

type SettingsOfDead = ReadonlyMap<OurMount, Settings>;

const asKept = (mount: OurMount, dead: SettingsOfDead, inside = ''): Kept => {
  const settings = dead.get(mount);
  return settings === undefined ? { mount, inside } : { settings: () => settings, inside };
};

/**
 * The settings for the folders of mounts whose process is gone. Throws a SettingsError if one is of another account than the
 * settings: before any of them is worked on, so that nothing is half done.
 */
const settingsOfDead = async (context: CommandContext, dead: readonly OurMount[]): Promise<SettingsOfDead> => {
  if (dead.length === 0) return new Map();
  const { settingsOfMount } = await import('../mount-folder.ts');
  const settings = await context.settings();
  return new Map(dead.map((mount) => [mount, settingsOfMount(settings, mount)]));
};

type Lives = Readonly<Record<'served' | 'dead', readonly OurMount[]>>;

const byLife = async (mounts: readonly OurMount[]): Promise<Lives> => {
  const areDead = await Promise.all(mounts.map(isDead));
  return {
    served: mounts.filter((_, index) => areDead[index] !== true),
    dead: mounts.filter((_, index) => areDead[index] === true),
  };
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

const ofMount = (
  { interruption }: CommandContext,
  { mount, inside }: { readonly mount: OurMount; readonly inside: string },
): Keeper => ({
  prefix: mount.mountpoint,
  ask: (question) => askDaemon(mount, { ...question, path: inside }, { signal: interruption }),
});

const forFolder = async (
  context: CommandContext,
  settings: Settings,
  path: string,
  work: (keeper: Keeper) => Promise<void>,
): Promise<void> => {
  const { openFolder } = await import('../mount-folder.ts');
  const { opened, close } = openFolder(settings, context.log);
  const inside = path.replace(/^\/+|\/+$/g, '');
  const { interruption } = context;
  try {
    await work({
      prefix: '',
      ask: <A extends Ask>(question: { readonly ask: A }) =>
        answerUpkeep(opened.upkeep, { v: protocolVersion, ...question, path: inside }, interruption) as Promise<
          Answers[A]
        >,
    });
  } finally {
    await close();
  }
};
