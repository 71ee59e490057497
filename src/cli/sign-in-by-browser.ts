// Signing in with a browser: the address is printed and, where there is a browser, opened; the answer comes back to a loopback
// page of this process, or is pasted, whichever is first. Nothing changes before it has come.
import { createInterface } from 'node:readline/promises';
import { openBrowser } from '../auth/browser.ts';
import type { LoopbackPage } from '../auth/loopback-page.ts';
import { type LoopbackAnswer, LoopbackServer } from '../auth/loopback-server.ts';
import { SignInError } from '../auth/sign-in-error.ts';
import type { SignedIn, SignInSession } from '../auth/sign-in-session.ts';
import type { Terminal } from './terminal.ts';
import { printable } from './terminal.ts';

export interface BrowserOrder {
  readonly terminal: Terminal;
  readonly session: SignInSession;
  /** False: the address is printed only. */
  readonly open: boolean;
}

/** The service's own limit for a visit to its pages is about that. */
const waitMs = 15 * 60_000;

/** In the ancestor's words, which programs read. */
const byPasting = (redirectUri: string, url: string): string =>
  `Visit the following URL in any web browser (firefox, chrome, safari, etc),
  authorize there, confirm access permissions, and paste URL of an empty page
  (starting with "${redirectUri}") you will get redirected to in the end.
Alternatively, use the returned (after redirects) URL with "skydrive auth <URL>" command.

URL to visit: ${url}

`;

const byLoopback = (redirectUri: string, url: string): string =>
  `Visit the following URL in a web browser of this machine, sign in, and let the app use your files.
  This command goes on when the browser comes back to ${redirectUri}.
With a browser of another machine, the last page will not load: paste its URL here,
  or use it with the "skydrive auth <URL>" command.

URL to visit: ${url}

`;

type Pasted = { readonly line: string } | 'nobody';

/** The first line of standard input; `nobody` where it has none. */
const pastedLine = async (signal: AbortSignal): Promise<Pasted> => {
  const lines = createInterface({ input: process.stdin });
  signal.addEventListener('abort', () => lines.close());
  for await (const line of lines) {
    lines.close();
    return { line: line.trim() };
  }
  return 'nobody';
};

const nobody = (): SignInError =>
  new SignInError(
    'signed-out',
    'there is nobody to paste the URL here, and no browser to open. Visit the one above, then run: ' +
      'skydrive auth URL, with the URL of the page where the browser ends',
  );

const tooLate = (): SignInError =>
  new SignInError(
    'signed-out',
    `nobody signed in within ${waitMs / 60_000} minutes, and nothing has changed. Begin anew: skydrive auth`,
  );

const goodPage = ({ account }: SignedIn): LoopbackPage => ({
  status: 200,
  tone: 'good',
  title: 'You are signed in',
  sentences: [
    account === undefined || account.name === ''
      ? 'The drive can be used now.'
      : `This is the drive of ${account.name}.`,
    'You can close this page and go back to the terminal. There, a folder is made of the drive with:',
  ],
  command: 'skydrive mount ~/SkyDrive',
});

/** The page has a place of its own for what to type. */
const reason = (error: unknown): string => {
  const message = error instanceof Error ? error.message : 'it failed.';
  return message.replace(/ [^.]*: skydrive auth$/, '').replace(/^./, (first) => first.toUpperCase());
};

const badPage = (error: unknown): LoopbackPage => ({
  status: 200,
  tone: 'bad',
  title: 'You are not signed in',
  sentences: [reason(error), 'Nothing has changed. You can close this page, and begin anew in the terminal:'],
  command: 'skydrive auth',
});

const completed = async (session: SignInSession, answer: LoopbackAnswer): Promise<SignedIn> => {
  try {
    const signedIn = await session.complete(answer.address);
    await answer.show(goodPage(signedIn));
    return signedIn;
  } catch (error) {
    await answer.show(badPage(error));
    throw error;
  }
};

/** While the user is waited for, Ctrl-C ends the process as ever, after a sentence. Returns what ends this. */
export const tellOfInterruption = (terminal: Terminal): (() => void) => {
  const stop = (): void => {
    terminal.note('\nskydrive: the sign-in was broken off, and nothing has changed');
    process.kill(process.pid, 'SIGINT');
  };
  process.once('SIGINT', stop);
  return () => process.off('SIGINT', stop);
};

const openHere = async (terminal: Terminal, url: string): Promise<boolean> => {
  const outcome = await openBrowser(url, process.env);
  if (outcome === 'failed') terminal.note('\nskydrive: no browser could be started: open the URL above yourself');
  return outcome === 'started';
};

/** What comes first: a line that was pasted, or the browser. */
const firstAnswer = async (order: BrowserOrder, server: LoopbackServer | undefined, signal: AbortSignal) => {
  const { terminal, session } = order;
  const { url, state, redirectUri } = await session.begin(server?.redirectUri);
  terminal.ask(`${(server === undefined ? byPasting : byLoopback)(redirectUri, url)}URL after last redirect: `);
  const isOpen = order.open && openHere(terminal, url);
  const stranger = (): void =>
    terminal.note('\nskydrive: an answer to another sign-in came; still waiting for this one');
  const came = server?.answer(state, stranger);
  const line = (async () => {
    const pasted = await pastedLine(signal);
    if (pasted !== 'nobody') return pasted;
    // The browser was faster: nobody waits for this any more.
    if (signal.aborted) return { line: '' };
    if (came !== undefined && (await isOpen)) return await came;
    terminal.ask('\n');
    throw nobody();
  })();
  return await Promise.race([line, ...(came === undefined ? [] : [came, late(signal)])]);
};

const late = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate()), waitMs);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });

/** Undefined where an empty line was pasted. Rejects with a SignInError or a ConfigFileError, and nothing has changed. */
export const signInByBrowser = async (order: BrowserOrder): Promise<SignedIn | undefined> => {
  const { terminal, session } = order;
  const server = session.comesBack ? await LoopbackServer.open(session.usualRedirect) : undefined;
  const done = new AbortController();
  try {
    const answer = await firstAnswer(order, server, done.signal);
    if ('line' in answer) return answer.line === '' ? undefined : await session.complete(answer.line);
    terminal.ask('\n');
    return await completed(session, answer);
  } finally {
    done.abort();
    server?.close();
  }
};

export const accountWords = ({ account }: SignedIn): string =>
  account === undefined || account.name === ''
    ? 'You are signed in.'
    : `You are signed in as ${printable(account.name)}.`;
