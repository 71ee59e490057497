// Signing in the ancestor's way, against a server that answers whatever the test wants.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { LiveSignIn } from '../../src/auth/live-sign-in.ts';
import type { SignInTrouble } from '../../src/auth/sign-in-error.ts';
import { client, failsWith, granted, serveTokens, type TokenReply } from './token-server.ts';

const serve = async (t: TestContext, reply: () => TokenReply, redirectUri?: string) => {
  const served = await serveTokens(t, reply);
  return { ...served, signIn: new LiveSignIn({ ...served, client, redirectUri }) };
};

describe('LiveSignIn', () => {
  it('asks for a code the way the ancestor does', async (t) => {
    const { signIn, loginUrl } = await serve(t, () => ({ body: {} }));
    const attempt = { state: 's', verifier: 'v', redirectUri: signIn.usualRedirect };
    const url = new URL(signIn.authorizeUrl(attempt));
    assert.equal(url.origin + url.pathname, `${loginUrl}/oauth20_authorize.srf`);
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      client_id: '00000000620A3E4A',
      scope: 'wl.skydrive wl.skydrive_update wl.offline_access',
      response_type: 'code',
      redirect_uri: `${loginUrl}/oauth20_desktop.srf`,
      state: 's',
    });
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

  it('is answered where the app is registered to be, and shows the secret there', async (t) => {
    const { signIn, forms } = await serve(t, () => ({ body: granted(1) }), 'http://localhost:8080/done');
    const attempt = { state: 's', verifier: 'v', redirectUri: 'http://localhost:8080/done' };
    assert.match(signIn.authorizeUrl(attempt), /redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fdone/);
    await signIn.redeem('c', attempt);
    await signIn.refresh('r');
    assert.deepEqual(
      forms.map((form) => [form['redirect_uri'], form['client_secret']]),
      Array(2).fill(['http://localhost:8080/done', 'hush']),
    );
  });

  it('understands refusals in every form, and says nothing secret', async (t) => {
    let reply: TokenReply = { body: {} };
    const { signIn } = await serve(t, () => reply);
    const cases: [TokenReply, SignInTrouble][] = [
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
      assert.doesNotMatch(inspect(await failsWith(signIn.refresh('hush-refresh'), trouble)), /hush|access-1/);
    }
    reply = { body: { ...granted(1), scope: 'wl.skydrive_update,wl.offline_access,wl.basic' } };
    assert.equal((await signIn.refresh('r')).accessToken, 'access-1');
  });
});
