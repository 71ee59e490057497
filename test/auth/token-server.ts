// A token endpoint that answers whatever a test wants, and remembers what it was asked. Owned by the tests of auth/.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { LcrcFile } from '../../src/auth/lcrc-file.ts';
import type { AppClient } from '../../src/auth/sign-in.ts';
import { SignInError, type SignInTrouble } from '../../src/auth/sign-in-error.ts';
import { HttpClient } from '../../src/http/http-client.ts';

export interface TokenReply {
  readonly status?: number;
  readonly body: unknown;
}

export const client: AppClient = { clientId: '00000000620A3E4A', clientSecret: 'hush' };

export const serveTokens = async (
  t: TestContext,
  reply: (form: Record<string, string>, path: string) => TokenReply,
) => {
  const forms: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(text));
      forms.push(form);
      const { status = 200, body } = reply(form, request.url ?? '');
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
  return { forms, http, loginUrl };
};

export const lcrcFile = async (t: TestContext, auth: string, more = ''): Promise<LcrcFile> => {
  const folder = await mkdtemp(join(tmpdir(), 'tokens-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, '.lcrc');
  await writeFile(path, `client:\n  id: '00000000620A3E4A'\n  secret: hush\nauth:\n  ${auth}\n${more}`, {
    mode: 0o600,
  });
  return new LcrcFile(path);
};

export const failsWith = async (
  promise: Promise<unknown> | (() => unknown),
  trouble: SignInTrouble,
): Promise<SignInError> => {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    assert.ok(error instanceof SignInError, String(error));
    assert.equal(error.trouble, trouble, error.message);
    return error;
  }
  return assert.fail('nothing failed');
};

export const granted = (n: number, scope = 'wl.skydrive wl.skydrive_update wl.offline_access') => ({
  ...{ token_type: 'bearer', expires_in: 3600, scope },
  ...{ access_token: `access-${n}`, refresh_token: `refresh-${n}` },
});
