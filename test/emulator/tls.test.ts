import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';

const openssl = 'openssl';
const hasOpenssl = spawnSync(openssl, ['version']).status === 0;

/** A fresh certificate for 127.0.0.1. */
const makeCertificate = (): { readonly key: string; readonly cert: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  try {
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const made = spawnSync(openssl, ['req', '-x509', ...kind, '-nodes', '-keyout', key, '-out', cert, ...subject]);
    assert.equal(made.status, 0, made.stderr.toString());
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

test('HTTPS, with URLs that say so', { skip: hasOpenssl ? false : 'openssl is not installed' }, async () => {
  const tls = makeCertificate();
  await using emulator = await startEmulator({ tls });
  assert.match(emulator.url, /^https:/);
  const headers = { Authorization: `Bearer ${emulator.admin.token().accessToken}` };
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(`${emulator.url}/v5.0/me/skydrive`, { ca: tls.cert, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.once('end', () => resolve(body));
    });
    sent.once('error', reject);
    sent.end();
  });
  assert.match(text, new RegExp(`"upload_location": "${emulator.url}/v5.0/`));
});
