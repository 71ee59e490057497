// The user's browser: which program shows an address, and whether it could be started. The address holds no secret: codes and
// tokens are only in what comes back.
import { spawn } from 'node:child_process';

type Command = readonly [program: string, ...parameters: string[]];

/** A program that runs this long has begun to show something. */
const startedMs = 3000;

/** $BROWSER: programs, best first, `:` between them; `%s` stands for the address. */
const named = (list: string, url: string): readonly Command[] =>
  list
    .split(':')
    .map((entry) => entry.trim().split(/\s+/))
    .filter(([program = '']) => program !== '')
    .map((words) => (words.includes('%s') ? words.map((word) => (word === '%s' ? url : word)) : [...words, url]))
    .map((words) => words as unknown as Command);

/** Best first; none where nobody could see a browser. */
export const browserCommands = (
  url: string,
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): readonly Command[] => {
  const chosen = environment['BROWSER']?.trim() ?? '';
  if (chosen !== '') return named(chosen, url);
  if (platform === 'darwin') return [['open', url]];
  const isSeen = [environment['DISPLAY'], environment['WAYLAND_DISPLAY']].some((display) => (display ?? '') !== '');
  return isSeen ? [['xdg-open', url]] : [];
};

const runs = ([program, ...parameters]: Command, environment: NodeJS.ProcessEnv): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: 'ignore', detached: true, env: environment });
    const timer = setTimeout(resolve, startedMs, true);
    const settle = (started: boolean): void => {
      clearTimeout(timer);
      resolve(started);
    };
    child.once('error', () => settle(false));
    child.once('exit', (code) => settle(code === 0));
    child.unref();
  });

/** `none`: there is no browser that anybody could see. */
export const openBrowser = async (
  url: string,
  environment: NodeJS.ProcessEnv,
): Promise<'started' | 'failed' | 'none'> => {
  const commands = browserCommands(url, environment);
  for (const command of commands) if (await runs(command, environment)) return 'started';
  return commands.length > 0 ? 'failed' : 'none';
};
