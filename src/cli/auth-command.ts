// `skydrive auth [URL]`: signs in, in the ancestor's way: a URL to visit, and the URL that the browser ends at.
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { ConfigFileError } from '../auth/config-file-error.ts';
import { LcrcFile } from '../auth/lcrc-file.ts';
import type { Settings } from '../config.ts';
import { SettingsError } from '../config-sources.ts';
import { type OpenedSignIn, openSignIn } from '../drive/open-drive.ts';
import { type CommandContext, running } from './command-context.ts';

interface Options {
  readonly clientId?: string;
  readonly clientSecret?: string;
}

const invitation = (loginUrl: string, url: string): string =>
  `Visit the following URL in any web browser (firefox, chrome, safari, etc),
  authorize there, confirm access permissions, and paste URL of an empty page
  (starting with "${loginUrl}/oauth20_desktop.srf") you will get redirected to in the end.
Alternatively, use the returned (after redirects) URL with "skydrive auth <URL>" command.

URL to visit: ${url}

`;

/** Undefined if nothing was pasted. */
const askForUrl = async (
  { terminal }: CommandContext,
  settings: Settings,
  signIn: OpenedSignIn,
): Promise<string | undefined> => {
  terminal.ask(`${invitation(settings.loginUrl, (await signIn.session.begin()).url)}URL after last redirect: `);
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    return line.trim() === '' ? undefined : line.trim();
  }
  return undefined;
};

const needFile = async (file: LcrcFile): Promise<void> => {
  try {
    await file.read();
  } catch (error) {
    if (!(error instanceof ConfigFileError) || error.trouble !== 'missing') throw error;
    throw new SettingsError(
      `there is no ${file.path} yet, which names the app to sign in with: run "skydrive auth --client-id ID" ` +
        '(and --client-secret SECRET, where the app has one) with the id of your registered app',
      { cause: error },
    );
  }
};

/** Afterwards there is a file that names the app. */
const prepare = async (file: LcrcFile, { clientId, clientSecret }: Options): Promise<void> => {
  if (clientId === undefined && clientSecret === undefined) return needFile(file);
  await file.update(async () => ({
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
  }));
};

/** So that a mount knows whose caches to open while it is offline. Signing in has worked without it. */
const rememberAccount = async ({ drive, log }: CommandContext, file: LcrcFile): Promise<void> => {
  try {
    const { id } = await (await drive()).account();
    await file.update(async () => ({ settings: { account: id } }));
  } catch (error) {
    log.warn('the service does not say whose sign-in this is; the next mount asks again', error);
  }
};

const authorize = async (context: CommandContext, given: string | undefined, options: Options): Promise<undefined> => {
  const settings = await context.settings();
  const file = new LcrcFile(settings.configFile, { log: context.log });
  await prepare(file, options);
  const signIn = await openSignIn(settings, { log: context.log, resume: given !== undefined });
  const url = given ?? (await askForUrl(context, settings, signIn));
  if (url === undefined) return;
  await signIn.session.complete(url);
  await rememberAccount(context, file);
  context.terminal.result({ signedIn: true }, 'API authorization was completed successfully.');
};

export const addAuthCommand = (program: Command): void => {
  program
    .command('auth')
    .argument('[URL]', 'where the browser ended; without it, you are told where to begin')
    .option('--client-id <ID>', 'id of the registered app, kept in the configuration')
    .option('--client-secret <SECRET>', 'its secret')
    .description('sign in')
    .action(running((context, url: string | undefined, options: Options) => authorize(context, url, options)));
};
