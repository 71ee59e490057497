// An emulator in this process, and a configuration that is signed in to it: what a mount in another process needs.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator-options.ts';
import { tempDir } from './temp-dir.ts';

export interface Emulated extends SignedIn, AsyncDisposable {
  readonly emulator: Emulator;
  /** A folder for this test alone. */
  readonly folder: string;
}

/** Where the emulator speaks a dialect, below its address. */
const places = {
  live: { api: '/v5.0', login: '', scopes: ['wl.skydrive', 'wl.skydrive_update', 'wl.offline_access'] },
  graph: { api: '/v1.0', login: '/common/oauth2/v2.0', scopes: ['Files.ReadWrite.All', 'User.Read', 'offline_access'] },
} as const;

export type EmulatedDialect = keyof typeof places;

export interface SignedIn {
  readonly configFile: string;
  readonly apiUrl: string;
  readonly loginUrl: string;
  readonly cacheDir: string;
}

/** Writes a configuration that is signed in to the emulator, for a mount whose caches are below `folder` too. */
export const signedIn = async (
  emulator: Emulator,
  folder: string,
  dialect: EmulatedDialect,
  settings: readonly string[] = [],
): Promise<SignedIn> => {
  const { accessToken, refreshToken, expiresIn } = emulator.admin.token({ scopes: places[dialect].scopes });
  const [apiUrl, loginUrl] = [`${emulator.url}${places[dialect].api}`, `${emulator.url}${places[dialect].login}`];
  const cacheDir = join(folder, 'cache');
  const configFile = join(folder, 'lcrc');
  const expires = new Date(Date.now() + expiresIn * 1000).toISOString().replace('T', ' ').replace('Z', '000');
  const lines = [
    "client: {id: '0000000012345678', secret: 'not-a-secret'}",
    `auth: {access_token: '${accessToken}', refresh_token: '${refreshToken}', access_expires: ${expires}}`,
    'skydrive:',
    `  dialect: ${dialect}`,
    `  api_url: ${apiUrl}`,
    `  login_url: ${loginUrl}`,
    `  cache_dir: ${cacheDir}`,
    '  settle: 100ms',
    ...settings.map((line) => `  ${line}`),
  ];
  await writeFile(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  return { configFile, apiUrl, loginUrl, cacheDir };
};

export const emulated = async (
  options: EmulatorOptions = {},
  dialect: EmulatedDialect = 'live',
  settings: readonly string[] = [],
): Promise<Emulated> => {
  const temp = await tempDir();
  const emulator = await startEmulator(options);
  const place = await signedIn(emulator, temp.path, dialect, settings);
  return {
    ...{ ...place, emulator, folder: temp.path },
    [Symbol.asyncDispose]: async () => {
      await emulator.close();
      await temp[Symbol.asyncDispose]();
    },
  };
};
