// What a process does that serves a mount, from its order to its end. Owned by the commands `mount --foreground` and `serve`.
import { join } from 'node:path';
import type { Log, LogLevel } from '../base/log.ts';
import type { Settings } from '../config.ts';
import { type MountParts, mount } from '../mount.ts';
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
}

export interface ServeHooks {
  readonly log: Log;
  /** The account's folder is known. */
  onFolder(folder: string): void;
  onReady(ready: Ready): void;
}

export const logIn = (folder: string): string => join(folder, 'skydrive.log');

/** Resolves when the mount is gone, whoever unmounted it. */
export const serveMount = async (order: ServeOrder, hooks: ServeHooks, parts: MountParts): Promise<void> => {
  let log = '';
  const onFolder = (folder: string): void => {
    log = logIn(folder);
    hooks.onFolder(folder);
  };
  const running = await mount(order.settings, { mountpoint: order.mountpoint, log: hooks.log, onFolder }, parts);
  const service = await startService(running, hooks.log);
  hooks.log.info(`serving ${running.mountpoint}`);
  hooks.onReady({ mountpoint: running.mountpoint, pid: process.pid, log });
  await service.ended;
  hooks.log.info(`${running.mountpoint} is unmounted`);
};
