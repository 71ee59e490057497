// Proxies that the environment names: used for everywhere but this machine.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { HttpClient } from '../../src/http/http-client.ts';

const serve = async (t: TestContext, body: string) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
};

const ask = async (t: TestContext, base: string, proxy: string) => {
  const before = process.env['http_proxy'];
  process.env['http_proxy'] = proxy;
  const http = new HttpClient({ base });
  t.after(() => {
    http.close();
    if (before === undefined) delete process.env['http_proxy'];
    else process.env['http_proxy'] = before;
  });
  return (await http.send({ url: 'me' })).object;
};

describe('a proxy that the environment names', () => {
  it('is not asked for what is on this machine', async (t) => {
    const { url } = await serve(t, '{"by": "itself"}');
    assert.deepEqual(await ask(t, url, 'http://127.0.0.1:1'), { by: 'itself' });
  });

  it('is asked for everything else', async (t) => {
    const proxy = await serve(t, '{"by": "proxy"}');
    assert.deepEqual(await ask(t, 'http://drive.invalid/v5.0/', proxy.url), { by: 'proxy' });
    assert.deepEqual(proxy.seen, ['GET http://drive.invalid/v5.0/me']);
  });
});
