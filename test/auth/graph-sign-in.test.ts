// Signing in at the Microsoft identity platform, against a server that answers whatever the test wants.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { GraphSignIn } from '../../src/auth/graph-sign-in.ts';
import type { SignInTrouble } from '../../src/auth/sign-in-error.ts';
import { client, failsWith, granted, serveTokens, type TokenReply } from './token-server.ts';

const publicClient = { ...client, clientSecret: undefined };

const serve = async (t: TestContext, reply: (path: string) => TokenReply, app = publicClient) => {
  const served = await serveTokens(t, (_form, path) => reply(path));
  return { ...served, signIn: new GraphSignIn({ ...served, client: app, redirectUri: undefined }) };
};

const attempt = { state: 's', verifier: 'v'.repeat(43), redirectUri: 'http://localhost:4711' };
const scope = 'https://graph.microsoft.com/Files.ReadWrite.All https://graph.microsoft.com/User.Read';

const aadsts = (error: string, number: number, words = 'hush') => ({
  ...{ error, error_codes: [number] },
  error_description: `AADSTS${number}: ${words}. Trace ID: 1 Correlation ID: 2 Timestamp: 2026-11-25 22:00:00Z`,
});

describe('GraphSignIn', () => {
  it('asks for a code with a challenge, and for a refresh token', async (t) => {
    const { signIn, loginUrl } = await serve(t, () => ({ body: {} }));
    const url = new URL(signIn.authorizeUrl(attempt));
    assert.equal(url.origin + url.pathname, `${loginUrl}/authorize`);
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      client_id: client.clientId,
      response_type: 'code',
      redirect_uri: 'http://localhost:4711',
      response_mode: 'query',
      scope: 'Files.ReadWrite.All User.Read offline_access',
      state: 's',
      code_challenge: createHash('sha256').update(attempt.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      prompt: 'select_account',
    });
  });

  it('redeems with the verifier, and shows a secret only where there is one', async (t) => {
    const open = await serve(t, () => ({ body: granted(1, scope) }));
    assert.equal((await open.signIn.redeem('c', attempt)).refreshToken, 'refresh-1');
    await open.signIn.refresh('r');
    const { clientId: client_id } = client;
    const redirect = { redirect_uri: attempt.redirectUri, code_verifier: attempt.verifier };
    assert.deepEqual(open.forms, [
      { client_id, grant_type: 'authorization_code', code: 'c', ...redirect },
      { client_id, grant_type: 'refresh_token', refresh_token: 'r' },
    ]);
    const confidential = await serve(t, () => ({ body: granted(1, scope) }), client as typeof publicClient);
    await confidential.signIn.redeem('c', attempt);
    await confidential.signIn.refresh('r');
    assert.deepEqual(
      confidential.forms.map((form) => form['client_secret']),
      ['hush', 'hush'],
    );
  });

  it('says in words what the numbers mean, and nothing secret', async (t) => {
    let reply: TokenReply = { body: {} };
    const { signIn } = await serve(t, () => reply);
    const cases: [TokenReply, SignInTrouble, RegExp][] = [
      [{ status: 400, body: aadsts('invalid_grant', 70000) }, 'signed-out', /used before.*AADSTS70000.*skydrive auth/],
      [{ status: 400, body: aadsts('invalid_grant', 700082) }, 'signed-out', /not used for long/],
      [{ status: 400, body: aadsts('invalid_grant', 50173) }, 'signed-out', /password was changed/],
      [{ status: 400, body: aadsts('interaction_required', 50076) }, 'signed-out', /second factor/],
      [{ status: 400, body: aadsts('unauthorized_client', 700016) }, 'refused', /no app with this client\.id/],
      [{ status: 401, body: aadsts('invalid_client', 7000218) }, 'refused', /allow public client flows/],
      [{ status: 401, body: aadsts('invalid_client', 700025) }, 'refused', /Remove client\.secret/],
      [{ status: 400, body: aadsts('invalid_request', 50011) }, 'refused', /Add http:\/\/localhost/],
      [{ status: 400, body: aadsts('invalid_request', 9002346) }, 'refused', /login_url.*consumers/],
      [
        { status: 400, body: aadsts('invalid_grant', 99999, 'Something new') },
        'signed-out',
        /AADSTS99999: Something new\)/,
      ],
      [{ status: 400, body: { error: 'invalid_grant' } }, 'signed-out', /invalid_grant/],
      [{ status: 503, body: { error: 'temporarily_unavailable' } }, 'unavailable', /temporarily_unavailable/],
      [{ body: '<html>hush</html>' }, 'unavailable', /answered 200 and nothing that a program can use/],
      [{ body: { token_type: 'Bearer' } }, 'unavailable', /no token/],
      [{ body: granted(1, 'User.Read') }, 'refused', /lacks Files\.ReadWrite\.All/],
    ];
    for (const [given, trouble, words] of cases) {
      reply = given;
      const error = await failsWith(signIn.refresh('hush-refresh'), trouble);
      assert.match(error.message, words);
      assert.doesNotMatch(inspect(error), /hush|access-1|Trace ID/);
    }
  });

  it('keeps what a service says to one line', async (t) => {
    const body = { error: 'odd\u001b[2J', error_description: `line\nforged: \u0007${'x'.repeat(5000)}` };
    const { signIn } = await serve(t, () => ({ status: 400, body }));
    const { message } = await failsWith(signIn.refresh('r'), 'refused');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(message, /[\u0000-\u001f]/);
    assert.ok(message.length < 500);
  });

  it('gets a code for another machine, and asks until it was entered', async (t) => {
    let reply: TokenReply = { body: {} };
    const { signIn, forms } = await serve(t, () => reply);
    await failsWith(signIn.device.begin(), 'unavailable');
    reply = { body: { user_code: 'ABC', device_code: 'd', verification_uri: 'https://x/devicelogin', interval: 2 } };
    assert.deepEqual(await signIn.device.begin(), {
      ...{ userCode: 'ABC', deviceCode: 'd', verificationUri: 'https://x/devicelogin' },
      ...{ intervalMs: 2000, expiresInMs: 900_000 },
    });
    assert.equal(forms.at(-1)?.['scope'], 'Files.ReadWrite.All User.Read offline_access');
    const cases: [string, number, unknown][] = [
      ['authorization_pending', 70016, 'pending'],
      ['slow_down', 70019, 'slower'],
    ];
    for (const [error, number, answer] of cases) {
      reply = { status: 400, body: aadsts(error, number) };
      assert.equal(await signIn.device.ask('d'), answer);
    }
    const refusals: [string, number, SignInTrouble, RegExp][] = [
      ['authorization_declined', 70018, 'refused', /you did not let the app/],
      ['expired_token', 70020, 'signed-out', /in time.*--device-code/],
      ['bad_verification_code', 70020, 'signed-out', /not known there/],
    ];
    for (const [error, number, trouble, words] of refusals) {
      reply = { status: 400, body: aadsts(error, number) };
      assert.match((await failsWith(signIn.device.ask('d'), trouble)).message, words);
    }
    reply = { body: granted(1, scope) };
    assert.deepEqual(await signIn.device.ask('d'), {
      ...{ accessToken: 'access-1', refreshToken: 'refresh-1', expiresInMs: 3_600_000 },
    });
  });
});
