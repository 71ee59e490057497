// The settings of this process: finds the file, reads our section of it, and resolves all sources.
import { LcrcFile } from './auth/lcrc-file.ts';
import type { Log } from './base/log.ts';
import { configPath, resolveSettings, type Settings } from './config.ts';

export interface SettingsOrder {
  /** As `--config` names it. */
  readonly config: string | undefined;
  /** The lists of `-o`. */
  readonly options: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly workingFolder: string;
}

/** Rejects with a SettingsError or a ConfigFileError, which name file and line. */
export const loadSettings = async (order: SettingsOrder, log: Log): Promise<Settings> => {
  const { options, environment, workingFolder } = order;
  const configFile = configPath(order.config, environment, workingFolder);
  // Where there is no file, or nothing in it, settings have defaults; who needs a sign-in says so.
  const { settings: section } = await new LcrcFile(configFile, { log }).peek();
  return resolveSettings({ configFile, section, environment, options, workingFolder });
};
