// HTTPS: certificates of one's own through NODE_EXTRA_CA_CERTS, and none that nobody vouches for.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../support/temp-dir.ts';

const tool = 'openssl';

const hasOpenssl = ((): boolean => {
  try {
    execFileSync(tool, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const script = `
  const { HttpClient } = await import(process.argv[1]);
  const http = new HttpClient({ base: process.argv[2] });
  try { console.log(JSON.stringify((await http.send({ url: 'x' })).object)); }
  catch (error) { console.log(error.trouble, error.sent, error.message); }
  http.close();`;

const inChild = (url: string, environment: NodeJS.ProcessEnv): Promise<string> =>
  new Promise((resolve) => {
    const client = new URL('../../src/http/http-client.js', import.meta.url).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, client, url], {
      ...{ env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'ignore'] },
    });
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
    });
    child.on('exit', () => resolve(text.trim()));
  });

describe('HttpClient over TLS', {
  skip: hasOpenssl ? false : 'openssl makes the certificates, and is not here',
}, () => {
  it('trusts the certificates it is told to trust, and no others', async (t) => {
    await using folder = await tempDir();
    const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', key, '-out', cert];
    execFileSync(tool, ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
      stdio: 'ignore',
    });
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_request, response) => {
      response.end('{"secure": true}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    assert.equal(await inChild(url, { NODE_EXTRA_CA_CERTS: cert }), '{"secure":true}');
    assert.match(await inChild(url, {}), /^unreached false GET localhost:.*SELF_SIGNED/);
  });
});
