import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import { type Answer, ask } from '../live-client.ts';

const tenant = '/common/oauth2/v2.0';
const redirectUri = 'http://localhost:5599/done';

const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();

const post = (emulator: Emulator, path: string, fields: Readonly<Record<string, string>>): Promise<Answer> =>
  ask(emulator.url, 'POST', path, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form(fields),
  });

const unescaped = (text = ''): string =>
  text.replace(/&#(\d+);/g, (_match, code: string) => String.fromCharCode(Number(code)));

const hiddenFields = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [
      name,
      unescaped(value),
    ]),
  );

const pkce = () => {
  const verifier = randomBytes(40).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};

const authorizeFields = (challenge: string): Record<string, string> => ({
  client_id: 'app',
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'Files.ReadWrite offline_access openid',
  state: 'a b&c',
  code_challenge: challenge,
  code_challenge_method: 'S256',
});

test('the pages lead through account and consent to a code that only its verifier redeems, once', async () => {
  await using emulator = await startEmulator();
  const { verifier, challenge } = pkce();
  const signIn = await ask(emulator.url, 'GET', `${tenant}/authorize?${form(authorizeFields(challenge))}`);
  const account = /name="account" value="([^"]*)"/.exec(signIn.text)?.[1] ?? '';
  const consent = await post(emulator, `${tenant}/authorize`, { ...hiddenFields(signIn.text), account });
  assert.match(consent.text, /See, change, add and delete your files/);
  const back = await post(emulator, `${tenant}/authorize`, { ...hiddenFields(consent.text), decision: 'allow' });
  assert.equal(back.status, 302);
  const answer = new URL(String(back.headers.location));
  assert.equal(answer.origin + answer.pathname, redirectUri);
  assert.equal(answer.searchParams.get('state'), 'a b&c');
  const code = answer.searchParams.get('code') ?? '';
  const redeem = { client_id: 'app', grant_type: 'authorization_code', code, redirect_uri: redirectUri };
  const token = await post(emulator, `${tenant}/token`, { ...redeem, code_verifier: verifier });
  assert.equal(token.status, 200, token.text);
  assert.equal(token.json.token_type, 'Bearer');
  assert.ok(token.json.refresh_token && token.json.id_token);
  const headers = { Authorization: `Bearer ${token.json.access_token}` };
  assert.equal((await ask(emulator.url, 'GET', '/v1.0/me/drive', { headers })).status, 200);
  const twice = await post(emulator, `${tenant}/token`, { ...redeem, code_verifier: verifier });
  assert.deepEqual([twice.status, twice.json.error, twice.json.error_codes], [400, 'invalid_grant', [70_000]]);
  const refresh = { client_id: 'app', grant_type: 'refresh_token', refresh_token: token.json.refresh_token };
  const fresh = await post(emulator, `${tenant}/token`, refresh);
  assert.notEqual(fresh.json.refresh_token, token.json.refresh_token);
  emulator.admin.revokeTokens();
  assert.equal((await post(emulator, `${tenant}/token`, refresh)).json.error, 'invalid_grant');
});

test('a wrong verifier, redirect or client is refused', async () => {
  await using emulator = await startEmulator({ autoApprove: true });
  const { verifier, challenge } = pkce();
  const redeem = async (change: Readonly<Record<string, string>>): Promise<Answer> => {
    const back = await ask(emulator.url, 'GET', `${tenant}/authorize?${form(authorizeFields(challenge))}`);
    const code = new URL(String(back.headers.location)).searchParams.get('code') ?? '';
    const fields = {
      client_id: 'app',
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    };
    return await post(emulator, `${tenant}/token`, { ...fields, ...change });
  };
  assert.equal((await redeem({})).status, 200);
  assert.deepEqual((await redeem({ code_verifier: 'x'.repeat(43) })).json.error_codes, [501_481]);
  assert.equal((await redeem({ redirect_uri: 'http://localhost/other' })).json.error, 'invalid_grant');
  assert.equal((await redeem({ client_id: 'other' })).json.error, 'invalid_grant');
  assert.equal((await redeem({ grant_type: 'password' })).json.error, 'unsupported_grant_type');
  assert.match((await redeem({ client_id: '' })).json.error_description, /^AADSTS900144: .*'client_id'/);
});

test('what is wrong with a request goes back to the app, or stays on a page when nobody can be trusted', async () => {
  await using emulator = await startEmulator();
  const authorize = (change: Readonly<Record<string, string>>): Promise<Answer> =>
    ask(emulator.url, 'GET', `${tenant}/authorize?${form({ ...authorizeFields('c'.repeat(43)), ...change })}`);
  const errorOf = (answer: Answer) => new URL(String(answer.headers.location)).searchParams.get('error');
  assert.equal((await authorize({ redirect_uri: 'http://example.com/' })).status, 400);
  assert.equal(errorOf(await authorize({ response_type: 'token' })), 'unsupported_response_type');
  assert.equal(errorOf(await authorize({ prompt: 'none' })), 'login_required');
  assert.equal(errorOf(await authorize({ auto_approve: 'deny' })), 'access_denied');
  const fragment = await authorize({ auto_approve: 'true', response_mode: 'fragment' });
  assert.match(String(fragment.headers.location), /^http:\/\/localhost:5599\/done#code=/);
  const posted = await authorize({ auto_approve: 'true', response_mode: 'form_post' });
  assert.match(posted.text, /action="http:\/\/localhost:5599\/done"/);
});

test('a device code waits for its user', async () => {
  await using emulator = await startEmulator();
  const started = (
    await post(emulator, `${tenant}/devicecode`, { client_id: 'app', scope: 'Files.Read offline_access' })
  ).json;
  assert.match(started.user_code, /^[A-Z]{9}$/);
  const poll = () =>
    post(emulator, `${tenant}/token`, {
      client_id: 'app',
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: started.device_code,
    });
  assert.equal((await poll()).json.error, 'authorization_pending');
  assert.match((await post(emulator, '/devicelogin', { user_code: 'WRONG' })).text, /role="alert"/);
  const signIn = await post(emulator, '/devicelogin', { user_code: started.user_code });
  const consent = await post(emulator, '/devicelogin', { ...hiddenFields(signIn.text), other: 'Eve Example' });
  await post(emulator, '/devicelogin', { ...hiddenFields(consent.text), decision: 'allow' });
  const token = await poll();
  assert.equal(token.status, 200);
  const headers = { Authorization: `Bearer ${token.json.access_token}` };
  assert.equal((await ask(emulator.url, 'GET', '/v1.0/me', { headers })).json.displayName, 'Eve Example');
  assert.equal((await poll()).json.error, 'bad_verification_code');
  const other = (await post(emulator, `${tenant}/devicecode`, { client_id: 'app', scope: 'Files.Read' })).json;
  emulator.admin.set({ clockOffsetMs: 1_000_000 });
  const late = { client_id: 'app', grant_type: 'device_code', device_code: other.device_code };
  assert.equal((await post(emulator, `${tenant}/token`, late)).json.error, 'expired_token');
});
