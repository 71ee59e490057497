// A sign-in from beginning to end: what the file holds in between and afterwards, whatever goes wrong.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { codeIn } from '../../src/auth/attempt.ts';
import { ConfigFileError } from '../../src/auth/config-file-error.ts';
import { GraphSignIn } from '../../src/auth/graph-sign-in.ts';
import { LcrcFile } from '../../src/auth/lcrc-file.ts';
import type { SignedInAccount } from '../../src/auth/sign-in-session.ts';
import { SignInSession } from '../../src/auth/sign-in-session.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { client, failsWith, granted, lcrcFile, serveTokens, type TokenReply } from './token-server.ts';

const page = 'http://localhost:4711/';
const scope = 'Files.ReadWrite.All User.Read';
const old = 'refresh_token: old-refresh\n  access_token: old-access\n  access_expires: 2013-03-03 14:11:12.699137';
const ada: SignedInAccount = { id: 'ada', name: 'Ada' };

interface Place {
  readonly path?: string;
  readonly clientId?: string;
  readonly account?: SignedInAccount | undefined;
}

const prepare = async (t: TestContext, reply: (form: Record<string, string>) => TokenReply, place: Place = {}) => {
  const made = await lcrcFile(t, old, 'skydrive:\n  account: bob\n');
  const file = place.path === undefined ? made : new LcrcFile(place.path);
  const served = await serveTokens(t, reply);
  const clock = new ManualClock();
  const app = { clientId: place.clientId ?? client.clientId, clientSecret: undefined };
  const session = (): SignInSession => {
    const signIn = new GraphSignIn({ ...served, client: app, redirectUri: undefined });
    const identify = async () => ('account' in place ? place.account : ada);
    return new SignInSession({ file, signIn, client: app, loginUrl: served.loginUrl, identify, clock });
  };
  return { ...served, file, clock, session };
};

const stateOf = (url: string): string => new URL(url).searchParams.get('state') ?? '';

describe('the address that the browser ended at', () => {
  it('holds the code, or an error, in its query or behind the #', async () => {
    assert.deepEqual(codeIn(` ${page}?code=abc&lc=1033\n`), { code: 'abc', state: undefined });
    assert.deepEqual(codeIn(`${page}#code=a%2Bc&state=s`), { code: 'a+c', state: 's' });
    const denied = 'error=access_denied&error_description=The%20user%20has%20denied.';
    for (const address of [`${page}?${denied}`, `${page}?lc=1#${denied}`]) {
      assert.match((await failsWith(() => codeIn(address), 'refused')).message, /access_denied: The user has denied/);
    }
    await failsWith(() => codeIn(page), 'refused');
    await failsWith(() => codeIn('abc'), 'refused');
  });
});

describe('SignInSession', () => {
  it('ends with tokens in the file, and nothing of the earlier sign-in', async (t) => {
    const { session, file, forms } = await prepare(t, () => ({
      body: { ...granted(1, scope), refresh_token: undefined, expires_in: undefined },
    }));
    const { url, redirectUri } = await session().begin('http://localhost:4711');
    assert.equal(redirectUri, 'http://localhost:4711');
    // As another process does, which got the address on its command line.
    const signedIn = await session().complete(`${page}?code=new&state=${stateOf(url)}`);
    assert.deepEqual(signedIn, { account: ada, before: 'bob' });
    assert.equal(forms[0]?.['redirect_uri'], 'http://localhost:4711');
    assert.equal(forms[0]?.['code_verifier']?.length, 43);
    const { accessToken, refreshToken, accessExpires, pending, account, code } = await file.read();
    assert.deepEqual([accessToken, refreshToken, accessExpires], ['access-1', undefined, undefined]);
    assert.deepEqual([pending, account, code], [undefined, 'ada', undefined]);
  });

  it('leaves the earlier sign-in as it was until then, whatever goes wrong', async (t) => {
    let reply: TokenReply = { status: 400, body: { error: 'invalid_grant' } };
    const { session, file } = await prepare(t, () => reply, { clientId: 'another-app' });
    const { url } = await session().begin(page);
    const answer = `${page}?code=c&state=${stateOf(url)}`;
    const untouched = async (): Promise<void> => {
      const { clientId, clientSecret, refreshToken, accessToken, account } = await file.read();
      assert.deepEqual([clientId, clientSecret], [client.clientId, 'hush']);
      assert.deepEqual([refreshToken, accessToken, account], ['old-refresh', 'old-access', 'bob']);
    };
    await untouched();
    await failsWith(session().complete(answer), 'signed-out');
    reply = { body: '<html>' };
    await failsWith(session().complete(answer), 'unavailable');
    await failsWith(session().complete(`${page}?error=access_denied&state=${stateOf(url)}`), 'refused');
    await failsWith(session().complete(`${page}?code=c&state=wrong`), 'signed-out');
    await untouched();
    reply = { body: granted(1, scope) };
    await session().complete(answer);
    const { clientId, clientSecret, refreshToken } = await file.read();
    assert.deepEqual([clientId, clientSecret, refreshToken], ['another-app', undefined, 'refresh-1']);
    assert.match((await failsWith(session().complete(answer), 'signed-out')).message, /one that is over/);
  });

  it('knows its own sign-ins only: not those of another app or server, nor a file that was tampered with', async (t) => {
    const { session, file, forms } = await prepare(t, () => ({ body: granted(1, scope) }));
    const { url } = await session().begin();
    const answer = `${page}?code=c&state=${stateOf(url)}`;
    const text = await readFile(file.path, 'utf8');
    for (const [from, to] of [
      ['"clientId":"00000000620A3E4A"', '"clientId":"other"'],
      ['"loginUrl":"http', '"loginUrl":"https'],
      ['{"state"', '[{"state"'],
      ['"verifier":"', '"verifier":1,"x":"'],
    ] as const) {
      assert.ok(text.includes(from), from);
      await writeFile(file.path, text.replace(from, to));
      await failsWith(session().complete(answer), 'signed-out');
    }
    assert.equal(forms.length, 0);
  });

  it('may be one of two with the same file', async (t) => {
    const { session, file, forms } = await prepare(t, () => ({ body: granted(1, scope) }));
    const [first, second] = [session(), session()];
    const [one, two] = [await first.begin(), await second.begin()];
    await first.complete(`${page}?code=c1&state=${stateOf(one.url)}`);
    assert.ok((await file.read()).pending?.includes(stateOf(two.url)));
    await session().complete(`${page}?code=c2&state=${stateOf(two.url)}`);
    assert.equal((await file.read()).pending, undefined);
    const verifiers = forms.map((form) => form['code_verifier']);
    assert.equal(new Set(verifiers).size, 2);
  });

  it('takes a code that was asked for without a state, as the ancestor asks', async (t) => {
    const { session, forms } = await prepare(t, () => ({ body: granted(1, scope) }));
    await session().begin();
    await session().complete(`${page}?code=c`);
    assert.deepEqual([forms[0]?.['code'], forms[0]?.['code_verifier']], ['c', undefined]);
  });

  it('forgets whose the earlier sign-in was, where nobody says whose the new one is', async (t) => {
    const { session, file } = await prepare(t, () => ({ body: granted(1, scope) }), { account: undefined });
    assert.deepEqual(await session().complete(`${page}?code=c`), { account: undefined, before: 'bob' });
    assert.equal((await file.read()).account, undefined);
  });

  it('notices before anybody clicks that the file cannot be written', async (t) => {
    const { session } = await prepare(t, () => ({ body: {} }), { path: '/proc/no-such-folder/.lcrc' });
    await assert.rejects(session().begin(), ConfigFileError);
  });

  it('asks for a device code’s answer no more often than it may, and until the code is too old', async (t) => {
    const answers = ['authorization_pending', 'slow_down', '<html>', 'authorization_pending', undefined];
    const start = { user_code: 'ABC', device_code: 'd', verification_uri: 'https://x', interval: 5, expires_in: 900 };
    const { session, file, clock } = await prepare(t, ({ device_code }) => {
      if (device_code === undefined) return { body: start };
      const error = answers.shift();
      if (error === '<html>') return { status: 502, body: error };
      return error === undefined ? { body: granted(1, scope) } : { status: 400, body: { error } };
    });
    const shown: string[] = [];
    const done = await clock.until(session().completeByDevice(({ userCode }) => shown.push(userCode)));
    assert.equal(done.account?.id, 'ada');
    assert.deepEqual(shown, ['ABC']);
    assert.equal((await file.read()).refreshToken, 'refresh-1');
    assert.deepEqual(clock.slept, [5000, 5000, 10_000, 15_000, 15_000]);
    answers.push(...Array(200).fill('authorization_pending'));
    const late = clock.until(session().completeByDevice(() => {}));
    assert.match((await failsWith(late, 'signed-out')).message, /in time/);
    assert.equal((await file.read()).refreshToken, 'refresh-1');
  });
});
