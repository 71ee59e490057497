// `skydrive quota`: how much room the drive has. Programs get the ancestor's lines.
import type { Command } from 'commander';
import { formatSize } from '../base/quantity.ts';
import { running } from './command-context.ts';
import { printResult } from './print-result.ts';

export const addQuotaCommand = (program: Command): void => {
  program
    .command('quota')
    .description('show how much room the drive has')
    .addHelpText('after', '\nExample:\n  skydrive quota')
    .action(
      running(async (context) => {
        const { total, free } = await (await context.drive()).quota(context.interruption);
        if (context.terminal.json) return printResult(context, { free, quota: total });
        const [shownFree, shownTotal] = [formatSize(free), formatSize(total)];
        return printResult(context, { free: shownFree, quota: shownTotal }, () => `${shownFree} free of ${shownTotal}`);
      }),
    );
};
