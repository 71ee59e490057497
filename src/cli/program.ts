// The command line as a whole: global options, the commands in the order of --help, and what is said about exit codes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addAuthCommand } from './auth-command.ts';
import { addDemoCommand } from './demo-command.ts';
import { addEmulatorCommand } from './emulator-command.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import { addLsCommand } from './ls-command.ts';
import { addMountCommand } from './mount-command.ts';
import { addQuotaCommand } from './quota-command.ts';
import { addServeCommand } from './serve-command.ts';
import { addStatusCommand } from './status-command.ts';
import { addSyncCommand } from './sync-command.ts';
import { addUnmountCommand } from './unmount-command.ts';

const adders: readonly ((program: Command) => void)[] = [
  addMountCommand,
  addUnmountCommand,
  addStatusCommand,
  addSyncCommand,
  addEmulatorCommand,
  addDemoCommand,
  addAuthCommand,
  addQuotaCommand,
  addLsCommand,
  addServeCommand,
];

const version = (): string => {
  const path = join(import.meta.dirname, '..', '..', '..', 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
};

const exitCodeHelp = (): string =>
  ['', 'Exit codes:', ...exitCodeMeanings.map(([code, meaning]) => `  ${code}  ${meaning}`)].join('\n');

export const makeProgram = (): Command => {
  const program = new Command('skydrive')
    .description(
      'Mounts a SkyDrive (today: OneDrive) as a folder, and works with the same drive from the command line.',
    )
    .option('-c, --config <FILE>', 'file with the sign-in and the settings (default: ~/.lcrc)')
    .option('--json', 'print results as JSON')
    .option('-v, --verbose', 'say more on standard error')
    .option('--debug', 'say everything, with stack traces of errors')
    .version(version(), '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .addHelpText('after', exitCodeHelp())
    .exitOverride();
  for (const add of adders) add(program);
  for (const command of program.commands) command.exitOverride();
  return program;
};
