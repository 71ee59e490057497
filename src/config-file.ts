// The settings of this process: finds the file, reads our section of it, and resolves all sources.
import { ConfigFileError } from './auth/config-file-error.ts';
import { LcrcFile } from './auth/lcrc-file.ts';
import type { Log } from './base/log.ts';
import { configPath, resolveSettings, type Settings } from './config.ts';
import type { FileSection } from './config-sources.ts';

export interface SettingsOrder {
  /** As `--config` names it. */
  readonly config: string | undefined;
  /** The lists of `-o`. */
  readonly options: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly workingFolder: string;
}

/** Undefined if there is no file: settings have defaults, and who needs a sign-in says so. */
const readSection = async (path: string, log: Log): Promise<FileSection | undefined> => {
  try {
    return (await new LcrcFile(path, { log }).read()).settings;
  } catch (error) {
    if (error instanceof ConfigFileError && error.trouble === 'missing') return undefined;
    throw error;
  }
};

/** Rejects with a SettingsError or a ConfigFileError, which name file and line. */
export const loadSettings = async (order: SettingsOrder, log: Log): Promise<Settings> => {
  const { options, environment, workingFolder } = order;
  const configFile = configPath(order.config, environment, workingFolder);
  const section = await readSection(configFile, log);
  return resolveSettings({ configFile, section, environment, options, workingFolder });
};
