import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import { type Answer, ask, LiveClient } from '../live-client.ts';

const desktop = 'https://login.live.com/oauth20_desktop.srf';
const query = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();

const request = {
  client_id: '00000000620A3E4A',
  scope: 'wl.skydrive wl.skydrive_update wl.offline_access',
  response_type: 'code',
  redirect_uri: desktop,
};

/** The fields of the form with that id, as a browser would send them. */
const fieldsOf = (page: string, id: string): Record<string, string> => {
  const form = new RegExp(`<form id="${id}"[\\s\\S]*?</form>`).exec(page)?.[0] ?? '';
  const unescaped = (text: string) => text.replace(/&#(\d+);/g, (_match, code) => String.fromCharCode(Number(code)));
  const inputs = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [unescaped(name), unescaped(value)]));
};

const submit = (emulator: Emulator, fields: Record<string, string>): Promise<Answer> =>
  ask(emulator.url, 'POST', '/oauth20_authorize.srf', { body: query(fields) });

test('sign in, consent, and back to the app with a code that works once', async () => {
  await using emulator = await startEmulator();
  const first = await ask(emulator.url, 'GET', `/oauth20_authorize.srf?${query({ ...request, state: 'a&b"<' })}`);
  assert.equal(first.status, 200);
  const accounts = [...first.text.matchAll(/name="account" value="([0-9a-f]{16})"/g)].map((match) => match[1] ?? '');
  assert.ok(accounts.length >= 2);
  const account = accounts[1] ?? '';
  const consent = await submit(emulator, { ...fieldsOf(first.text, 'sign-in'), account });
  assert.match(consent.text, /00000000620A3E4A/);
  assert.match(consent.text, /Change, add and delete your files/);
  const allowed = await submit(emulator, { ...fieldsOf(consent.text, 'consent'), decision: 'allow' });
  assert.equal(allowed.status, 302);
  const target = new URL(String(allowed.headers.location));
  assert.equal(target.origin + target.pathname, desktop);
  assert.equal(target.searchParams.get('state'), 'a&b"<');
  const code = target.searchParams.get('code') ?? '';
  const fields = { client_id: request.client_id, redirect_uri: desktop, code, grant_type: 'authorization_code' };
  const token = await ask(emulator.url, 'POST', '/oauth20_token.srf', { body: query(fields) });
  assert.equal(token.status, 200);
  assert.match(String(token.headers['cache-control']), /no-store/);
  assert.equal((await new LiveClient(emulator, token.json.access_token).get('me')).json.id, account);
  const second = await ask(emulator.url, 'POST', '/oauth20_token.srf', { body: query(fields) });
  assert.deepEqual([second.status, second.json.error], [400, 'invalid_grant']);
});

test('a typed name makes an account; no is told to the app', async () => {
  await using emulator = await startEmulator();
  const first = await ask(emulator.url, 'GET', `/authorize?${query(request)}`);
  const other = fieldsOf(first.text, 'other-account');
  const nobody = await submit(emulator, other);
  assert.match(nobody.text, /Choose an account or type a name/);
  const consent = await submit(emulator, { ...other, other: 'Grace <b>Hopper' });
  assert.match(consent.text, /Grace &#60;b&#62;Hopper/);
  const denied = await submit(emulator, { ...fieldsOf(consent.text, 'consent'), decision: 'deny' });
  const target = new URL(String(denied.headers.location));
  assert.equal(target.searchParams.get('error'), 'access_denied');
  assert.ok(target.searchParams.get('error_description'));
  assert.equal(emulator.admin.accounts().length, 3);
});

test('the implicit grant puts everything into the fragment, without a refresh token', async () => {
  await using emulator = await startEmulator({ autoApprove: true });
  const fields = { ...request, response_type: 'token', scope: 'wl.signin,wl.skydrive', state: 's' };
  const answer = await ask(emulator.url, 'GET', `/oauth20_authorize.srf?${query(fields)}`);
  const [uri, fragment] = String(answer.headers.location).split('#');
  const got = new URLSearchParams(fragment);
  assert.equal(uri, desktop);
  assert.deepEqual([got.get('token_type'), got.get('expires_in'), got.get('state')], ['bearer', '3600', 's']);
  assert.equal(got.get('scope'), 'wl.signin wl.skydrive');
  assert.equal(got.get('refresh_token'), null);
  assert.ok(got.get('authentication_token'));
  assert.equal((await new LiveClient(emulator, got.get('access_token') ?? '').get('me/skydrive')).status, 200);
});

test('auto-approval by query, for a named account, or as a denial', async () => {
  await using emulator = await startEmulator();
  const approve = async (more: Record<string, string>) => {
    const answer = await ask(emulator.url, 'GET', `/oauth20_authorize.srf?${query({ ...request, ...more })}`);
    return new URL(String(answer.headers.location)).searchParams;
  };
  assert.ok((await approve({ auto_approve: 'true' })).get('code'));
  assert.equal((await approve({ auto_approve: 'deny' })).get('error'), 'access_denied');
  const code = (await approve({ auto_approve: 'true', login_hint: 'linus@example.com' })).get('code') ?? '';
  const body = query({ client_id: request.client_id, code, grant_type: 'authorization_code' });
  const token = await ask(emulator.url, 'GET', `/token?${body}`);
  const me = await new LiveClient(emulator, token.json.access_token).get('me');
  assert.equal(me.json.first_name, 'linus');
});

test('what is missing or wrong in the request is told on a page, not to a stranger', async () => {
  await using emulator = await startEmulator({ autoApprove: true });
  const wrong = [{ client_id: '' }, { scope: '' }, { response_type: 'magic' }, { redirect_uri: 'javascript:alert(1)' }];
  for (const fields of wrong) {
    const answer = await ask(emulator.url, 'GET', `/oauth20_authorize.srf?${query({ ...request, ...fields })}`);
    assert.equal(answer.status, 400, JSON.stringify(fields));
    assert.match(String(answer.headers['content-type']), /^text\/html/);
  }
});

test('failures of the token endpoint are strings, not objects', async () => {
  await using emulator = await startEmulator();
  const errorOf = async (fields: Record<string, string>) => {
    const answer = await ask(emulator.url, 'POST', '/oauth20_token.srf', { body: query(fields) });
    return [answer.status, answer.json.error, typeof answer.json.error_description];
  };
  const refresh = { client_id: 'x', grant_type: 'refresh_token' };
  assert.deepEqual(await errorOf({}), [400, 'invalid_request', 'string']);
  assert.deepEqual(await errorOf({ client_id: 'x', grant_type: 'password' }), [
    400,
    'unsupported_grant_type',
    'string',
  ]);
  assert.deepEqual(await errorOf({ ...refresh, refresh_token: 'no' }), [400, 'invalid_grant', 'string']);
  assert.deepEqual(await errorOf({ client_id: 'x', grant_type: 'authorization_code', code: 'no' }), [
    400,
    'invalid_grant',
    'string',
  ]);
});

test('refresh tokens: each answer brings one, old ones stay good until they are revoked', async () => {
  await using emulator = await startEmulator();
  const { refreshToken } = emulator.admin.token();
  assert.match(String(refreshToken), /^[\w.!*$-]+$/, 'survives a form that is not escaped');
  const refresh = (token: string) =>
    ask(emulator.url, 'POST', '/oauth20_token.srf', {
      body: `client_id=x&grant_type=refresh_token&refresh_token=${token}`,
    });
  const next = await refresh(String(refreshToken));
  assert.notEqual(next.json.refresh_token, refreshToken);
  assert.equal((await refresh(String(refreshToken))).status, 200);
  emulator.admin.revokeTokens({ access: true });
  assert.deepEqual((await refresh(next.json.refresh_token)).json.error, 'invalid_grant');
  assert.equal(
    (await new LiveClient(emulator, next.json.access_token).get('me')).json.error.code,
    'request_token_invalid',
  );
  const online = emulator.admin.token({ scopes: ['wl.skydrive'] });
  assert.equal(online.refreshToken, undefined);
});

test('the desktop page is empty, sign-out goes where it is told', async () => {
  await using emulator = await startEmulator();
  const empty = await ask(emulator.url, 'GET', '/oauth20_desktop.srf?code=1');
  assert.match(empty.text, /<body><\/body>/);
  const out = await ask(
    emulator.url,
    'GET',
    `/oauth20_logout.srf?client_id=x&redirect_uri=${encodeURIComponent(desktop)}`,
  );
  assert.deepEqual([out.status, out.headers.location], [302, desktop]);
});
