// Somebody at a terminal and a browser: runs `skydrive auth`, and does what it asks for. Owned by the tests of browser/.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LcrcFile } from '../../src/auth/lcrc-file.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { makeUser, type User } from '../cli/command.ts';

/** `skydrive auth` that waits. */
interface Waiting {
  /** The address that it gave the browser to open. */
  readonly url: string;
  paste(line: string): void;
  /** Its exit code, and all that it has said. */
  end(): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  /** When it has said so, on either stream. */
  said(words: RegExp): Promise<RegExpExecArray>;
}

export interface Person extends AsyncDisposable {
  readonly user: User;
  readonly file: LcrcFile;
  /** Writes ~/.lcrc for a dialect, without a sign-in. */
  use(dialect: 'live' | 'graph', more?: readonly string[]): Promise<void>;
  auth(...parameters: readonly string[]): Promise<Waiting>;
  /** Name of the account whose tokens the file holds, as the drive says. */
  signedInAs(): Promise<string>;
}

const addresses = { live: ['/v5.0', ''], graph: ['/v1.0', '/common/oauth2/v2.0'] } as const;

/** Keeps the address for the real browser, which is started already. */
const browserScript = `#!/bin/sh\nprintf '%s' "$1" > "$HOME/opened.part" && mv "$HOME/opened.part" "$HOME/opened"\n`;

const patienceMs = 60_000;

const watch = (child: ChildProcess) => {
  const said = { out: '', err: '' };
  child.stdout?.on('data', (piece) => {
    said.out += piece;
  });
  child.stderr?.on('data', (piece) => {
    said.err += piece;
  });
  const closed = once(child, 'close');
  const until = async <T>(
    look: () => T | null | undefined | Promise<T | null | undefined>,
    what: string,
  ): Promise<T> => {
    for (const start = Date.now(); Date.now() - start < patienceMs; await delay(20)) {
      const found = await look();
      if (found !== null && found !== undefined) return found;
      if (child.exitCode !== null) break;
    }
    child.kill('SIGKILL');
    return assert.fail(`it never came to ${what}: ${said.out}${said.err}`);
  };
  return { said, closed, until };
};

const textIn = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

export const makePerson = async (emulator: Emulator): Promise<Person> => {
  const user = await makeUser();
  const browser = join(user.home, 'browser');
  await writeFile(browser, browserScript);
  await chmod(browser, 0o755);
  const config = join(user.home, '.lcrc');
  const file = new LcrcFile(config);
  const auth = async (...parameters: readonly string[]): Promise<Waiting> => {
    const opened = join(user.home, 'opened');
    await rm(opened, { force: true });
    const child = user.start(['auth', ...parameters], { environment: { BROWSER: browser } });
    child.stdin?.on('error', () => {});
    const { said, closed, until } = watch(child);
    const device = parameters.includes('--device-code');
    return {
      url: device ? '' : await until(() => textIn(opened), 'a browser'),
      paste: (line) => void child.stdin?.write(`${line}\n`),
      said: (words) => until(() => words.exec(said.out) ?? words.exec(said.err), String(words)),
      end: async () => {
        const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
        await closed;
        clearTimeout(timer);
        return { code: child.exitCode, ...said };
      },
    };
  };
  return {
    ...{ user, file, auth },
    use: async (dialect, more = []) => {
      const [api, login] = addresses[dialect];
      const own = [
        `dialect: ${dialect}`,
        `api_url: ${emulator.url}${api}`,
        `login_url: ${emulator.url}${login}`,
        ...more,
      ];
      const lines = ['client:', "  id: '00000000620A3E4A'", 'skydrive:', ...own.map((line) => `  ${line}`), ''];
      await writeFile(config, lines.join('\n'), { mode: 0o600 });
    },
    signedInAs: async () => {
      const { accessToken, account } = await file.read();
      const headers = { Authorization: `Bearer ${accessToken}` };
      const answer = await fetch(`${emulator.url}/v5.0/me`, { headers });
      const { id, name } = (await answer.json()) as { id?: string; name?: string };
      assert.equal(account, id, 'the account beside the tokens');
      return name ?? '';
    },
    [Symbol.asyncDispose]: () => user[Symbol.asyncDispose](),
  };
};
