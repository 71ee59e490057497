// Signing in the ancestor's way, against a server that answers whatever the test wants; and the tokens that come of it.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { completeSignIn } from '../../src/auth/complete-sign-in.ts';
import { FileTokenSource } from '../../src/auth/file-token-source.ts';
import { LcrcFile } from '../../src/auth/lcrc-file.ts';
import { LiveSignIn } from '../../src/auth/live-sign-in.ts';
import { SignInError, type SignInTrouble } from '../../src/auth/sign-in-error.ts';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { HttpClient } from '../../src/http/http-client.ts';

type Reply = { status?: number; body: unknown };

const serve = async (t: TestContext, reply: (form: Record<string, string>) => Reply) => {
  const forms: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(text));
      forms.push(form);
      const { status = 200, body } = reply(form);
      response.statusCode = status;
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const loginUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = new HttpClient({ base: `${loginUrl}/` });
  t.after(() => {
    http.close();
    server.close();
  });
  const signIn = new LiveSignIn({ http, loginUrl, clientId: '00000000620A3E4A', clientSecret: 'hush' });
  return { forms, signIn, loginUrl };
};

const lcrc = async (t: TestContext, auth: string): Promise<LcrcFile> => {
  const folder = await mkdtemp(join(tmpdir(), 'tokens-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, '.lcrc'), `client:\n  id: '00000000620A3E4A'\nauth:\n  ${auth}\n`);
  return new LcrcFile(join(folder, '.lcrc'));
};

const fails = async (promise: Promise<unknown> | (() => unknown), trouble: SignInTrouble): Promise<SignInError> => {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    assert.ok(error instanceof SignInError, String(error));
    assert.equal(error.trouble, trouble, error.message);
    return error;
  }
  return assert.fail('nothing failed');
};

const granted = (n: number) => ({
  ...{ token_type: 'bearer', expires_in: 3600, scope: 'wl.skydrive wl.skydrive_update wl.offline_access' },
  ...{ access_token: `access-${n}`, refresh_token: `refresh-${n}` },
});

describe('LiveSignIn', () => {
  it('asks for a code the way the ancestor does', async (t) => {
    const { signIn, loginUrl } = await serve(t, () => ({ body: {} }));
    const url = new URL(signIn.authorizeUrl('s'));
    assert.equal(url.origin + url.pathname, `${loginUrl}/oauth20_authorize.srf`);
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      client_id: '00000000620A3E4A',
      scope: 'wl.skydrive wl.skydrive_update wl.offline_access',
      response_type: 'code',
      redirect_uri: `${loginUrl}/oauth20_desktop.srf`,
      state: 's',
    });
    assert.ok(!signIn.authorizeUrl().includes('state'));
  });

  it('finds the code, or the error, in the address the browser ended at', async (t) => {
    const { signIn } = await serve(t, () => ({ body: {} }));
    const page = 'https://login.live.com/oauth20_desktop.srf';
    assert.equal(signIn.codeFrom(` ${page}?code=abc&lc=1033\n`), 'abc');
    assert.equal(signIn.codeFrom(`${page}#code=a%2Bc&state=s`, 's'), 'a+c');
    await fails(() => signIn.codeFrom(`${page}?code=abc&state=x`, 's'), 'refused');
    for (const address of [
      `${page}?error=access_denied&error_description=The%20user%20has%20denied.`,
      `${page}?lc=1#error=access_denied&error_description=The%20user%20has%20denied.`,
    ]) {
      assert.match(
        (await fails(() => signIn.codeFrom(address), 'refused')).message,
        /access_denied: The user has denied/,
      );
    }
    await fails(() => signIn.codeFrom(page), 'refused');
    await fails(() => signIn.codeFrom('abc'), 'refused');
  });

  it('redeems a code with the secret, and refreshes without', async (t) => {
    const { signIn, forms, loginUrl } = await serve(t, () => ({ body: granted(1) }));
    assert.deepEqual(await signIn.redeem('c'), {
      ...{ accessToken: 'access-1', refreshToken: 'refresh-1', expiresInMs: 3_600_000 },
    });
    await signIn.refresh('r');
    const shared = { client_id: '00000000620A3E4A', redirect_uri: `${loginUrl}/oauth20_desktop.srf` };
    assert.deepEqual(forms, [
      { ...shared, client_secret: 'hush', code: 'c', grant_type: 'authorization_code' },
      { ...shared, refresh_token: 'r', grant_type: 'refresh_token' },
    ]);
  });

  it('understands refusals in every form, and says nothing secret', async (t) => {
    let reply: Reply = { body: {} };
    const { signIn } = await serve(t, () => reply);
    const cases: [Reply, SignInTrouble][] = [
      [{ status: 400, body: { error: 'invalid_grant', error_description: 'Not valid.' } }, 'signed-out'],
      [{ status: 400, body: { error: { code: 'invalid_grant', message: 'Not valid.' } } }, 'signed-out'],
      [{ status: 400, body: { error: 'invalid_client' } }, 'refused'],
      [{ status: 500, body: { error: 'server_error' } }, 'unavailable'],
      [{ status: 502, body: '<html>hush</html>' }, 'unavailable'],
      [{ body: '<html>hush</html>' }, 'unavailable'],
      [{ body: { token_type: 'bearer' } }, 'unavailable'],
      [{ body: { ...granted(1), scope: 'wl.skydrive wl.offline_access' } }, 'refused'],
    ];
    for (const [given, trouble] of cases) {
      reply = given;
      assert.doesNotMatch(inspect(await fails(signIn.refresh('hush-refresh'), trouble)), /hush|access-1/);
    }
    reply = { body: { ...granted(1), scope: 'wl.skydrive_update,wl.offline_access,wl.basic' } };
    assert.equal((await signIn.refresh('r')).accessToken, 'access-1');
  });

  it('ends with tokens in the file, and nothing of an earlier sign-in', async (t) => {
    const { signIn } = await serve(t, () => ({ body: { ...granted(1), refresh_token: undefined } }));
    const file = await lcrc(t, 'refresh_token: stale\n  code: old');
    await completeSignIn(file, signIn, { address: 'https://x/?code=new' });
    const { accessToken, refreshToken, code } = await file.read();
    assert.deepEqual([accessToken, refreshToken, code], ['access-1', undefined, undefined]);
  });
});

describe('FileTokenSource', () => {
  const source = async (t: TestContext, auth: string, clock: Clock = systemClock) => {
    let count = 0;
    const bad = new Set<string>();
    const served = await serve(t, (form) =>
      bad.has(form['refresh_token'] ?? '')
        ? { status: 400, body: { error: 'invalid_grant' } }
        : { body: granted(++count) },
    );
    const file = await lcrc(t, auth);
    return { ...served, bad, file, tokens: new FileTokenSource({ file, signIn: served.signIn, clock }) };
  };

  it('renews once for all callers, and stores what came at once', async (t) => {
    const { tokens, forms, file } = await source(t, 'access_token: old\n  refresh_token: refresh-0');
    assert.equal(await tokens.token(), 'old');
    assert.deepEqual(
      await Promise.all([tokens.renew('old'), tokens.renew('old'), tokens.renew('old')]),
      Array(3).fill('access-1'),
    );
    assert.equal(await tokens.renew('old'), 'access-1');
    assert.equal(forms.length, 1);
    const stored = await file.read();
    assert.deepEqual([stored.accessToken, stored.refreshToken], ['access-1', 'refresh-1']);
    assert.ok((stored.accessExpires ?? 0) > Date.now() + 3_000_000);
    assert.equal(await tokens.renew('access-1'), 'access-2');
    assert.equal(forms[1]?.['refresh_token'], 'refresh-1');
  });

  it('takes what another process has renewed, without asking the service', async (t) => {
    const { tokens, forms, file, signIn } = await source(t, 'access_token: old\n  refresh_token: refresh-0');
    // As another process has it: with a file and a lock of its own.
    const other = new FileTokenSource({ file: new LcrcFile(file.path), signIn });
    await Promise.all([tokens.token(), other.token()]);
    assert.deepEqual(await Promise.all([tokens.renew('old'), other.renew('old')]), ['access-1', 'access-1']);
    assert.equal(forms.length, 1);
  });

  it('tries the refresh token that another program stored meanwhile', async (t) => {
    const { tokens, bad, file, signIn } = await source(t, 'access_token: old\n  refresh_token: spent');
    bad.add('spent');
    const refresh = signIn.refresh.bind(signIn);
    signIn.refresh = async (token) => {
      if (token === 'spent') {
        const text = await readFile(file.path, 'utf8');
        await writeFile(file.path, text.replace('spent', 'fresh'));
      }
      return await refresh(token);
    };
    assert.equal(await tokens.renew('old'), 'access-1');
    assert.equal((await file.read()).refreshToken, 'refresh-1');
  });

  it('says that nobody is signed in, and how to', async (t) => {
    const { tokens, bad } = await source(t, 'access_token: old\n  refresh_token: dead');
    bad.add('dead');
    assert.match((await fails(tokens.renew('old'), 'signed-out')).message, /skydrive auth/);
    const none = await source(t, 'code:');
    assert.match((await fails(none.tokens.token(), 'signed-out')).message, /skydrive auth/);
  });

  it('redeems a code that the file holds', async (t) => {
    const { tokens, forms, file } = await source(t, 'code: fresh');
    assert.equal(await tokens.token(), 'access-1');
    assert.equal(forms[0]?.['code'], 'fresh');
    assert.equal((await file.read()).code, undefined);
  });

  it('renews ahead of the end, but lives with the old token when that fails', async (t) => {
    const expiring = 'access_token: old\n  access_expires: 2013-03-03 14:11:12.699137\n  refresh_token: refresh-0';
    const first = await source(t, expiring);
    assert.equal(await first.tokens.token(), 'access-1');
    const second = await source(t, expiring);
    second.bad.add('refresh-0');
    assert.equal(await second.tokens.token(), 'old');
    assert.equal(await second.tokens.token(), 'old');
    assert.equal(second.forms.length, 1);
  });

  it('lets one caller give up while the others wait', async (t) => {
    const { tokens, signIn } = await source(t, 'access_token: old\n  refresh_token: refresh-0');
    await tokens.token();
    const refresh = signIn.refresh.bind(signIn);
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    signIn.refresh = async (token) => {
      await gate;
      return await refresh(token);
    };
    const stop = new AbortController();
    const reason = new Error('enough');
    const impatient = tokens.renew('old', stop.signal);
    const patient = tokens.renew('old');
    stop.abort(reason);
    await assert.rejects(impatient, reason);
    go();
    assert.equal(await patient, 'access-1');
  });
});
