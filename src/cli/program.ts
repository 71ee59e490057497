// The command line as a whole: global options, the commands in the order of --help, and what is said about exit codes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { addAuthCommand } from './auth-command.ts';
import { addAuthRefreshCommand } from './auth-refresh-command.ts';
import { addCheckCommand } from './check-command.ts';
import { addCommentCommands } from './comment-commands.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addCpCommand } from './cp-command.ts';
import { addDemoCommand } from './demo-command.ts';
import { addDiscardCommand } from './discard-command.ts';
import { addEmulatorCommand } from './emulator-command.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import { addExportCommand } from './export-command.ts';
import { addGetCommand } from './get-command.ts';
import { addInfoCommand } from './info-command.ts';
import { addInfoSetCommand } from './info-set-command.ts';
import { addLinkCommand } from './link-command.ts';
import { addLsCommand } from './ls-command.ts';
import { addMkdirCommand } from './mkdir-command.ts';
import { addMountCommand } from './mount-command.ts';
import { addMvCommand } from './mv-command.ts';
import { objectTemplate } from './object-template.ts';
import { addPermissionsCommand } from './permissions-command.ts';
import { addPutCommand } from './put-command.ts';
import { addQueueCommand } from './queue-command.ts';
import { addQuotaCommand } from './quota-command.ts';
import { addRecentCommand } from './recent-command.ts';
import { addResolveCommand } from './resolve-command.ts';
import { addRetryCommand } from './retry-command.ts';
import { addRmCommand } from './rm-command.ts';
import { addSearchCommand } from './search-command.ts';
import { addServeCommand } from './serve-command.ts';
import { addStatusCommand } from './status-command.ts';
import { addSyncCommand } from './sync-command.ts';
import { addThumbnailCommand } from './thumbnail-command.ts';
import { addTreeCommand } from './tree-command.ts';
import { addUnmountCommand } from './unmount-command.ts';
import { addUserCommand } from './user-command.ts';
import { addVersionsCommand } from './versions-command.ts';

const adders: readonly ((program: Command) => void)[] = [
  addMountCommand,
  addUnmountCommand,
  addStatusCommand,
  addSyncCommand,
  addRetryCommand,
  addExportCommand,
  addDiscardCommand,
  addResolveCommand,
  addQueueCommand,
  addCheckCommand,
  addEmulatorCommand,
  addDemoCommand,
  addAuthCommand,
  addAuthRefreshCommand,
  addUserCommand,
  addQuotaCommand,
  addRecentCommand,
  addSearchCommand,
  addLsCommand,
  addTreeCommand,
  addInfoCommand,
  addInfoSetCommand,
  addLinkCommand,
  addPermissionsCommand,
  addVersionsCommand,
  addThumbnailCommand,
  addMkdirCommand,
  addGetCommand,
  addPutCommand,
  addCpCommand,
  addMvCommand,
  addRmCommand,
  addCommentCommands,
  addCompletionCommand,
  addServeCommand,
];

const version = (): string => {
  const path = join(import.meta.dirname, '..', '..', '..', 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
};

/** The ancestor spoke any encoding; here names are Unicode on both sides, and so is what is printed. */
const encoding = (name: string): string => {
  if (/^(utf-?8|detect|)$/i.test(name)) return name;
  throw new InvalidArgumentError('utf-8 is spoken, whatever the locale; iconv(1) turns it into others');
};

const exitCodeHelp = (): string =>
  ['', 'Exit codes:', ...exitCodeMeanings.map(([code, meaning]) => `  ${code}  ${meaning}`)].join('\n');

export const makeProgram = (): Command => {
  const program = new Command('skydrive')
    .description(
      'Mounts a SkyDrive (today: OneDrive) as a folder, and works with the same drive from the command line.',
    )
    .option('-c, --config <FILE>', 'file with the sign-in and the settings (default: ~/.lcrc)')
    .addOption(new Option('-p, --path', 'take arguments for paths, even those that look like ids').conflicts('id'))
    .option('-i, --id', 'take arguments for ids')
    .option(
      '-k, --object-key <SPEC>',
      "print of objects only that key, or what a format string says: '{0[id]} {0[name]}'",
      objectTemplate,
    )
    .option('-e, --encoding <ENC>', 'of arguments and output; utf-8 it is', encoding)
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
