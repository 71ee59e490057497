// The tokens of the configuration file: renewed once for all, stored at once, and of one account only.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { FileTokenSource } from '../../src/auth/file-token-source.ts';
import { LcrcFile } from '../../src/auth/lcrc-file.ts';
import { LiveSignIn } from '../../src/auth/live-sign-in.ts';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { client, failsWith, granted, lcrcFile, serveTokens } from './token-server.ts';

describe('FileTokenSource', () => {
  const source = async (t: TestContext, auth: string, more = '', clock: Clock = systemClock) => {
    let count = 0;
    const bad = new Set<string>();
    const served = await serveTokens(t, (form) =>
      bad.has(form['refresh_token'] ?? '')
        ? { status: 400, body: { error: 'invalid_grant' } }
        : { body: granted(++count) },
    );
    const file = await lcrcFile(t, auth, more);
    const signIn = new LiveSignIn({ ...served, client, redirectUri: undefined });
    return { ...served, signIn, bad, file, tokens: new FileTokenSource({ file, signIn, clock }) };
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
    assert.match((await failsWith(tokens.renew('old'), 'signed-out')).message, /skydrive auth/);
    const none = await source(t, 'code:');
    assert.match((await failsWith(none.tokens.token(), 'signed-out')).message, /skydrive auth/);
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

  it('renews once where the service does not say how long a token lives', async (t) => {
    const auth = 'access_token: old\n  access_expires: 2013-03-03 14:11:12.699137\n  refresh_token: refresh-0';
    const file = await lcrcFile(t, auth);
    const served = await serveTokens(t, () => ({ body: { ...granted(1), expires_in: undefined } }));
    const signIn = new LiveSignIn({ ...served, client, redirectUri: undefined });
    const tokens = new FileTokenSource({ file, signIn });
    for (let count = 0; count < 3; count += 1) assert.equal(await tokens.token(), 'access-1');
    assert.equal(served.forms.length, 1);
    assert.equal((await file.read()).accessExpires, undefined);
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

  const signedInAs = (account: string) => `skydrive:\n  account: ${account}\n`;

  it('hands out no other account’s tokens when somebody signs in to another one', async (t) => {
    const { tokens, file, forms } = await source(t, 'access_token: old\n  refresh_token: r', signedInAs('ada'));
    assert.equal(await tokens.token(), 'old');
    await file.update(async () => ({ accessToken: 'of-bob', settings: { account: 'bob' } }));
    assert.match(
      (await failsWith(tokens.renew('old'), 'signed-out')).message,
      /another account now \(bob\), not of ada/,
    );
    await file.update(async () => ({ accessToken: 'of-whom', settings: { account: null } }));
    await failsWith(tokens.renew('old'), 'signed-out');
    assert.equal(forms.length, 0);
    await file.update(async () => ({ accessToken: 'new', settings: { account: 'ada' } }));
    assert.equal(await tokens.renew('old'), 'new');
  });

  it('learns from the service whose tokens they are, where the file does not say', async (t) => {
    const { tokens, file } = await source(t, 'access_token: old\n  refresh_token: r');
    await tokens.token();
    tokens.belongTo('ada');
    assert.equal(await tokens.renew('old'), 'access-1');
    await file.update(async () => ({ accessToken: 'of-bob', settings: { account: 'bob' } }));
    await failsWith(tokens.renew('access-1'), 'signed-out');
  });

  it('believes the service where the file says something else', async (t) => {
    const { tokens, file } = await source(t, 'access_token: old\n  refresh_token: r', signedInAs('eve'));
    await tokens.token();
    tokens.belongTo('ada');
    await file.update(async () => ({ settings: { account: 'ada' } }));
    assert.equal(await tokens.renew('old'), 'access-1');
  });
});
