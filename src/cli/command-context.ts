// What every command gets: the terminal, and the settings as the global options lead to them. Runs commands and turns their
// failures into a sentence and an exit code; the only catch of the command line.
import type { Command } from 'commander';
import { type Log, type LogLevel, makeLog } from '../base/log.ts';
import type { Settings } from '../config.ts';
import { loadSettings } from '../config-file.ts';
import { failureOf } from '../daemon/failure.ts';
import type { Drive } from '../drive/drive.ts';
import { openDrive } from '../drive/open-drive.ts';
import { exitCodes } from './exit-codes.ts';
import { catchInterruption, Interruption } from './interruption.ts';
import type { ObjectTemplate } from './object-template.ts';
import { type PlaceKind, Places } from './places.ts';
import { Terminal } from './terminal.ts';

interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly path?: boolean;
  readonly id?: boolean;
  readonly objectKey?: ObjectTemplate;
  readonly verbose?: boolean;
  readonly debug?: boolean;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly logLevel: LogLevel;
  /** To standard error. */
  readonly log: Log;
  /** `-k`: what to print of objects. */
  readonly template: ObjectTemplate | undefined;
  /** Aborted by Ctrl-C and its kin, which end the process at once unless a command has asked for this. */
  readonly interruption: AbortSignal;
  /** `options` are the command's own `-o` lists; `config` is a file that goes before --config. Throws a SettingsError. */
  settings(options?: readonly string[], config?: string): Promise<Settings>;
  /** Signed in, as the settings say. */
  drive(options?: DriveOptions): Promise<Drive>;
  /** Finds what arguments name, as -p and -i say. */
  places(drive: Drive): Places;
}

interface DriveOptions {
  /** Bytes; larger contents go in fragments. */
  readonly simpleUploadLimit?: number;
  /** Bytes of such a fragment, as near as the service allows. */
  readonly fragmentSize?: number;
}

/** Somebody waits at the terminal: a service that is down is better told soon. */
const patienceMs = 5000;

const levelOf = (options: GlobalOptions): LogLevel => {
  if (options.debug === true) return 'debug';
  return options.verbose === true ? 'info' : 'warn';
};

const kindOfPlaces = ({ path, id }: GlobalOptions): PlaceKind => {
  if (path === true) return 'path';
  return id === true ? 'id' : 'guess';
};

const contextOf = (command: Command): CommandContext => {
  const globals = command.optsWithGlobals<GlobalOptions>();
  const terminal = new Terminal({ json: globals.json ?? false, debug: globals.debug ?? false });
  const logLevel = levelOf(globals);
  const log = logLevel === 'warn' ? warningsOnly(terminal) : makeLog(logLevel, (line) => terminal.note(line));
  const settings = (options: readonly string[] = [], config = globals.config): Promise<Settings> =>
    loadSettings({ config, options, environment: process.env, workingFolder: process.cwd() }, log);
  let caught: AbortSignal | undefined;
  const interruption = (): AbortSignal => {
    caught ??= catchInterruption();
    return caught;
  };
  return {
    ...{ terminal, logLevel, log, settings, template: globals.objectKey },
    get interruption() {
      return interruption();
    },
    drive: async (options = {}) => (await openDrive({ ...(await settings()), ...options }, { log, patienceMs })).drive,
    places: (drive) =>
      new Places(drive, {
        kind: kindOfPlaces(globals),
        warn: (message) => terminal.warning(message),
        signal: interruption(),
      }),
  };
};

/** For people who did not ask for a log: each warning once, as a sentence. */
const warningsOnly = (terminal: Terminal): Log => {
  const told = new Set<string>();
  const tell = (message: string, cause?: unknown): void => {
    const text = `${message}${cause instanceof Error ? `: ${cause.message}` : ''}`;
    if (!told.has(text)) terminal.warning(text);
    told.add(text);
  };
  return { debug: () => {}, info: () => {}, warn: tell, error: tell };
};

/** What a command does with its parsed arguments and options; resolves with its exit code, 0 if undefined. */
export type Work<A extends readonly unknown[]> = (context: CommandContext, ...args: A) => Promise<number | undefined>;

/** A commander action. The process ends here: connections that are kept open for more must not keep it waiting. */
export const running =
  <A extends readonly unknown[]>(work: Work<A>) =>
  async (...args: unknown[]): Promise<void> => {
    const context = contextOf(args.at(-1) as Command);
    const exitCode = await work(context, ...(args.slice(0, -1) as unknown as A)).catch((error: unknown) =>
      toldFailure(context, error),
    );
    await context.terminal.flushed();
    process.exit(exitCode ?? exitCodes.done);
  };

const toldFailure = ({ terminal }: CommandContext, error: unknown): number => {
  if (error instanceof Interruption) return error.exitCode;
  const failure = failureOf(error);
  terminal.failure(failure.message, error);
  return exitCodes[failure.kind];
};
