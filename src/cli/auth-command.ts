// `skydrive auth [URL]`: signs in, with a browser here or on another machine. An earlier sign-in holds until the new one is
// complete.
import type { Command } from 'commander';
import { ConfigFileError } from '../auth/config-file-error.ts';
import { LcrcFile } from '../auth/lcrc-file.ts';
import type { SignedIn, SignInSession } from '../auth/sign-in-session.ts';
import { SettingsError } from '../config-sources.ts';
import { openSignIn } from '../drive/open-drive.ts';
import { type CommandContext, running } from './command-context.ts';
import { accountWords, signInByBrowser, tellOfInterruption } from './sign-in-by-browser.ts';
import type { Terminal } from './terminal.ts';

interface Options {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly deviceCode?: boolean;
  /** False with --no-browser. */
  readonly browser: boolean;
}

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

const signInByDevice = (terminal: Terminal, session: SignInSession): Promise<SignedIn> =>
  session.completeByDevice(({ verificationUri, userCode, expiresInMs }) => {
    const minutes = Math.round(expiresInMs / 60_000);
    terminal.ask(
      `To sign in, open this page in the browser of any machine, and enter the code (within ${minutes} minutes):

Page: ${verificationUri}
Code: ${userCode}

`,
    );
  });

const signIn = (
  { terminal }: CommandContext,
  session: SignInSession,
  url: string | undefined,
  { deviceCode, browser }: Options,
): Promise<SignedIn | undefined> => {
  if (url !== undefined) return session.complete(url);
  return deviceCode === true
    ? signInByDevice(terminal, session)
    : signInByBrowser({ terminal, session, open: browser });
};

const tell = ({ terminal }: CommandContext, signedIn: SignedIn): void => {
  const { account, before } = signedIn;
  const text =
    terminal.columns === undefined
      ? 'API authorization was completed successfully.'
      : `${accountWords(signedIn)}\nMake a folder of the drive: skydrive mount ~/SkyDrive`;
  terminal.result({ signedIn: true, account: account?.id, name: account?.name }, text);
  if (before === undefined || account === undefined) return;
  terminal.note(
    `skydrive: until now, this was the sign-in of account ${before}. What waits to be sent to that drive waits until you ` +
      'sign in to it again.',
  );
};

const authorize = async (context: CommandContext, url: string | undefined, options: Options): Promise<undefined> => {
  const { clientId, clientSecret } = options;
  const settings = await context.settings();
  const { log } = context;
  const isNamed = clientId !== undefined || clientSecret !== undefined;
  if (!isNamed) await needFile(new LcrcFile(settings.configFile, { log }));
  if (options.deviceCode === true && settings.dialect !== 'graph') {
    throw new SettingsError(
      `the service of the dialect "${settings.dialect}" has no device codes: leave --device-code out`,
    );
  }
  const named = {
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
  };
  const opened = await openSignIn(settings, { log, client: isNamed ? named : undefined, resume: url !== undefined });
  const calm = tellOfInterruption(context.terminal);
  try {
    const signedIn = await signIn(context, opened.session, url, options);
    if (signedIn !== undefined) tell(context, signedIn);
  } finally {
    calm();
    opened.close();
  }
};

export const addAuthCommand = (program: Command): void => {
  program
    .command('auth')
    .argument('[URL]', 'where the browser ended; without it, you are told where to begin')
    .option('--device-code', 'sign in with the browser of another machine, by a code (dialect graph)')
    .option('--no-browser', 'print the URL to visit, and open no browser')
    .option('--client-id <ID>', 'id of the registered app, kept in the configuration')
    .option('--client-secret <SECRET>', 'its secret, if it has one')
    .addHelpText(
      'after',
      "\nExamples:\n  skydrive auth\n  skydrive auth 'http://localhost:40123/?code=…&state=…'\n  skydrive auth --device-code",
    )
    .description('sign in; an earlier sign-in holds until the new one is complete')
    .addHelpText('after', '\nExample:\n  skydrive auth --no-browser')
    .action(running((context, url: string | undefined, options: Options) => authorize(context, url, options)));
};
