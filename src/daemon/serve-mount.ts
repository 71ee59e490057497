// What a process does that serves a mount, from its order to its end. Owned by the commands `mount --foreground` and `serve`.
import { join } from 'node:path';
import type { Log, LogLevel } from '../base/log.ts';
import type { Settings } from '../config.ts';
import { mount } from '../mount.ts';
import { startService } from './service.ts';

/** Complete in itself: the serving process looks at no file, variable or working folder of whoever ordered it. */
export interface ServeOrder {
  readonly settings: Settings;
  readonly mountpoint: string;
  readonly logLevel: LogLevel;
}

/** What a serving process tells once its mount can be used. */
export interface Ready {
  readonly mountpoint: string;
  readonly pid: number;
  readonly log: string;
  readonly configFile: string;
  readonly apiUrl: string;
  /** What the log warned of on the way. */
  readonly warnings: readonly string[];
}

export interface ServeHooks {
  readonly log: Log;
  /** The account's folder is known. May throw where it cannot be logged to. */
  onFolder(folder: string): void;
  onReady(ready: Ready): void;
}

export const logIn = (folder: string): string => join(folder, 'skydrive.log');

const mostWarnings = 10;

/** Hands on what is logged, and keeps the first warnings. */
const listening = (log: Log, warnings: string[]): Log => ({
  ...log,
  warn: (message, cause) => {
    if (warnings.length < mostWarnings)
      warnings.push(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}`);
    log.warn(message, cause);
  },
});

/** Resolves when the mount is gone, whoever unmounted it. */
export const serveMount = async (order: ServeOrder, hooks: ServeHooks): Promise<void> => {
  const { settings, mountpoint, logLevel } = order;
  const warnings: string[] = [];
  const log = listening(hooks.log, warnings);
  let logPath = '';
  const onFolder = (folder: string): void => {
    logPath = logIn(folder);
    try {
      hooks.onFolder(folder);
    } catch (error) {
      log.warn('nothing of this mount is logged', error);
    }
  };
  const running = await mount(settings, { mountpoint, log, trace: logLevel === 'debug', onFolder });
  const service = await startService(running, log);
  log.info(`serving ${running.mountpoint}`);
  const { configFile, apiUrl } = settings;
  const facts = { configFile, apiUrl, warnings };
  hooks.onReady({ mountpoint: running.mountpoint, pid: process.pid, log: logPath, ...facts });
  await service.ended;
  log.info(`${running.mountpoint} is unmounted`);
};
