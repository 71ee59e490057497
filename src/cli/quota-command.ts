// `skydrive quota`: how much room the drive has. Programs get the ancestor's lines.
import type { Command } from 'commander';
import { formatSize } from '../base/quantity.ts';
import { running } from './command-context.ts';

export const addQuotaCommand = (program: Command): void => {
  program
    .command('quota')
    .description('show how much room the drive has')
    .action(
      running(async ({ terminal, drive }) => {
        const { total, free } = await (await drive()).quota();
        const [shownFree, shownTotal] = [formatSize(free), formatSize(total)];
        const text =
          terminal.columns === undefined
            ? `free: ${shownFree}\nquota: ${shownTotal}`
            : `${shownFree} free of ${shownTotal}`;
        terminal.result({ free, quota: total }, text);
        return undefined;
      }),
    );
};
