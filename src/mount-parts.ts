// The parts that mount.ts joins where nobody gives it others.
import { ConfigFileError } from './auth/config-file-error.ts';
import { LcrcFile } from './auth/lcrc-file.ts';
import type { Log } from './base/log.ts';
import type { Settings } from './config.ts';
import { type DriveSettings, type OpenedDrive, openDrive } from './drive/open-drive.ts';
import { checkMountpoint } from './fuse/check-mountpoint.ts';
import type { Driver } from './fuse/driver.ts';

export interface MountParts {
  /** Signed in with what `settings.configFile` holds. */
  openDrive(settings: Settings & Pick<DriveSettings, 'ownDriveId'>, log: Log): Promise<OpenedDrive>;
  /** Rejects with a MountError if the mountpoint is unfit; cleans a dead mount up. Gives its path without symbolic links. */
  checkMountpoint(path: string): Promise<string>;
  chooseDriver(settings: Settings): Promise<{ readonly name: string; readonly driver: Driver }>;
  /** Keeps the account's id in the configuration, where that can be written. */
  rememberAccount(settings: Settings, account: string, log: Log): Promise<void>;
}

/** Imported when they are chosen: both load libraries that this machine may not have. */
const chooseDriver: MountParts['chooseDriver'] = async ({ driver }) => {
  const name = driver === 'auto' ? (process.platform === 'linux' ? 'kernel' : 'fuse-native') : driver;
  if (name === 'kernel') return { name, driver: (await import('./fuse/kernel/kernel-driver.ts')).kernelDriver };
  return { name, driver: (await import('./fuse/native/native-driver.ts')).nativeDriver };
};

const rememberAccount: MountParts['rememberAccount'] = async ({ configFile, account: known }, account, log) => {
  if (known === account) return;
  try {
    await new LcrcFile(configFile, { log }).update(async () => ({ settings: { account } }));
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    log.warn('the account is not remembered: while the service cannot be reached, the drive cannot be mounted', error);
  }
};

export const standardParts: MountParts = {
  openDrive: (settings, log) => openDrive(settings, { log }),
  checkMountpoint,
  chooseDriver,
  rememberAccount,
};
