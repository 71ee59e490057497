// Whoever keeps unsent changes: the mounts that run, or the folder of the account if none does. Commands ask both alike.
import { neverAborted } from '../base/abortable.ts';
import { askDaemon, UnansweredError } from '../daemon/control-client.ts';
import { ourMounts, placeOf } from '../daemon/our-mounts.ts';
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

const ofMount = (mount: Parameters<typeof askDaemon>[0], inside: string): Keeper => ({
  ...{ prefix: mount.mountpoint, inside },
  ask: (question) => askDaemon(mount, { ...question, path: inside }),
});

/** Runs `work` for each of those that keep something at `path`: all if undefined. A path in no mount is one of the drive. */
export const forKeepers = async (
  context: CommandContext,
  path: string | undefined,
  work: (keeper: Keeper) => Promise<void>,
): Promise<void> => {
  const place = path === undefined ? undefined : placeOf(path);
  const all = ourMounts();
  const mounts = path === undefined ? all.map((mount) => ({ mount, inside: '' })) : place === undefined ? [] : [place];
  if (path !== undefined && place === undefined && all.length > 0)
    throw new ControlError(`${path} is in no SkyDrive that is mounted here`, { kind: 'missing' });
  for (const { mount, inside } of mounts) {
    const isDead = await work(ofMount(mount, inside)).then(() => false, deadOrThrow);
    if (isDead) await forFolder(context, inside, work);
  }
  if (mounts.length === 0) await forFolder(context, path ?? '', work);
};

/** What a mount keeps whose process is gone is in the folder. */
export const deadOrThrow = (error: unknown): true => {
  if (error instanceof UnansweredError && error.dead) return true;
  throw error;
};

const forFolder = async (
  context: CommandContext,
  path: string,
  work: (keeper: Keeper) => Promise<void>,
): Promise<void> => {
  const { openFolder } = await import('../mount-folder.ts');
  const { opened, close } = openFolder(await context.settings(), context.log);
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
