// `skydrive queue hold|release|revert [MOUNTPOINT]`: stops sending, goes on, or takes back what was not sent.
import type { Command } from 'commander';
import { placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { Reverted } from '../upkeep/upkeep.ts';
import { type CommandContext, running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { forKeepers, type Keeper, keptAt, keptOfAccount } from './keepers.ts';
import { printable } from './terminal.ts';

const tell = ({ terminal }: CommandContext, { taken, left, saved }: Reverted): number => {
  // What programs wrote meanwhile is in a folder of its own.
  const folders = new Set(saved.exported.map(({ to, path }) => to.slice(0, -path.length)));
  const where = folders.size === 0 ? '' : `; what only this disk had is in ${[...folders].join(' and ')}`;
  terminal.note(`${taken.length} files and folders are as the drive has them${printable(where)}`);
  for (const path of left) terminal.warning(`${path} stays: it is being sent, or could not be saved`);
  if (left.length === 0) return exitCodes.done;
  terminal.note(
    'the queue stays held: "skydrive queue revert" tries again, "skydrive queue release" sends what is left',
  );
  return exitCodes.failed;
};

/** Whoever names a part of a mount, or no mount, does not mean all that is unsent. */
const needMountpoint = (path: string): void => {
  const place = placeOf(path);
  if (place === undefined)
    throw new ControlError(`no SkyDrive is mounted on ${path}; without a path, the queue that is kept here is meant`, {
      kind: 'missing',
    });
  const { mountpoint } = place.mount;
  if (place.inside !== '')
    throw new ControlError(
      `${path} lies inside of a mount, and the queue belongs to the whole mount: name ${mountpoint}`,
    );
};

const actions = {
  hold: 'send nothing until "release"',
  release: 'send on',
  revert: 'take back everything that was not sent: the drive counts, contents of this disk are saved to a folder',
} as const;

export const addQueueCommand = (program: Command): void => {
  const queue = program
    .command('queue')
    .description('hold what is to be sent, release it, or take it back')
    .addHelpText('after', '\nExample:\n  skydrive queue hold ~/SkyDrive');
  for (const [action, description] of Object.entries(actions))
    queue
      .command(action)
      .argument('[MOUNTPOINT]', 'a mount; if left out, that of the account, or what is kept of it')
      .description(description)
      .action(
        running(async (context, path: string | undefined) => {
          if (path !== undefined) needMountpoint(path);
          const kept = path === undefined ? await keptOfAccount(context) : await keptAt(context, path);
          let code: number = exitCodes.done;
          const reverted: Reverted[] = [];
          const act = async (keeper: Keeper): Promise<void> => {
            const answer = await keeper.ask({ ask: 'queue', action: action as keyof typeof actions });
            if (answer.reverted === undefined) return;
            reverted.push(answer.reverted);
            code = Math.max(code, tell(context, answer.reverted));
          };
          const exitCode = await forKeepers(context, kept, act);
          context.terminal.result(action === 'revert' ? reverted : {}, '');
          return Math.max(code, exitCode);
        }),
      );
};
