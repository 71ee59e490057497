// The page that the browser comes back to: what it answers, and to whom.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { isLoopback, LoopbackServer } from '../../src/auth/loopback-server.ts';
import { SignInError } from '../../src/auth/sign-in-error.ts';

interface Ask {
  readonly host?: string;
  readonly method?: string;
}

const get = (url: string, { host, method = 'GET' }: Ask = {}): Promise<{ status: number; body: string; csp: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(
      url,
      { method, agent: false, ...(host === undefined ? {} : { headers: { host } }) },
      (answer) => {
        const { statusCode: status = 0, headers } = answer;
        const csp = String(headers['content-security-policy']);
        text(answer).then((body) => resolve({ status, body, csp }), reject);
      },
    );
    asked.on('error', reject).end();
  });

const opened = async (t: TestContext, redirectUri: string): Promise<LoopbackServer> => {
  const server = await LoopbackServer.open(redirectUri);
  t.after(() => server.close());
  return server;
};

const portOf = (server: LoopbackServer): string => new URL(server.redirectUri).port;

const page = { status: 200, tone: 'good', title: 'Done', sentences: ['<b>', 'Two & three'] } as const;

describe('LoopbackServer', () => {
  it('knows which addresses it can be asked at', () => {
    const good = ['http://localhost', 'http://LOCALHOST:80/', 'http://127.0.0.1:8080/a/b', 'http://[::1]'];
    const bad = ['https://localhost', 'http://localhost.example.com', 'http://127.0.0.2', 'http://localhost/?a', 'x'];
    assert.deepEqual([...good, ...bad].map(isLoopback), [...good.map(() => true), ...bad.map(() => false)]);
  });

  it('gives one answer, to the path, the host and the state that it waits for', async (t) => {
    const server = await opened(t, 'http://localhost/back');
    const { redirectUri } = server;
    assert.match(redirectUri, /^http:\/\/localhost:\d+\/back$/);
    let strangers = 0;
    const answer = server.answer('s', () => {
      strangers += 1;
    });
    const good = '?code=c&state=s';
    const elsewhere = `http://localhost:${portOf(server)}/${good}`;
    const refused: [string, Ask, number][] = [
      [elsewhere, {}, 404],
      [`${redirectUri}/${good}`, {}, 404],
      [`${redirectUri}${good}`, { method: 'POST' }, 404],
      [`${redirectUri}${good}`, { host: `evil.example:${portOf(server)}` }, 404],
      [`${redirectUri}${good}`, { host: 'localhost' }, 404],
      [`${redirectUri}?code=c&state=t`, {}, 400],
      [`${redirectUri}?code=c`, {}, 400],
      [`${redirectUri}?error=access_denied`, {}, 400],
      [redirectUri, {}, 400],
    ];
    for (const [url, ask, status] of refused) assert.equal((await get(url, ask)).status, status, url);
    assert.equal(strangers, 3);
    const shown = get(`${redirectUri}${good}&lc=1033`);
    const { address, show } = await answer;
    assert.equal(address, `${redirectUri}${good}&lc=1033`);
    await assert.rejects(get(`${redirectUri}${good}`), /ECONNREFUSED/);
    await show(page);
    const { status, body, csp } = await shown;
    assert.equal(status, 200);
    assert.match(body, /<h1>Done<\/h1>\n<p>&#60;b&#62;<\/p>\n<p>Two &#38; three<\/p>/);
    assert.match(csp, /default-src 'none'/);
    assert.doesNotMatch(body, /(src|href)="(?!data:)/, 'nothing from elsewhere');
  });

  it('listens for this machine only', async (t) => {
    const server = await opened(t, 'http://localhost');
    const other = `http://127.0.0.2:${portOf(server)}/`;
    await assert.rejects(get(other), /ECONNREFUSED/);
    for (const host of ['127.0.0.1', '[::1]']) {
      const url = `http://${host}:${portOf(server)}/`;
      const answer = await get(url, { host: `localhost:${portOf(server)}` }).catch((error: Error) => error.message);
      // A machine may be without IPv6.
      if (typeof answer === 'string') assert.match(answer, /EADDRNOTAVAIL|EAFNOSUPPORT|ECONNREFUSED.*::1/);
      else assert.equal(answer.status, 400);
    }
  });

  it('says that the port is taken, and by what it could be mended', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await assert.rejects(LoopbackServer.open(`http://localhost:${port}`), (error: unknown) => {
      assert.ok(error instanceof SignInError);
      assert.match(error.message, new RegExp(`localhost:${port}.*another program uses that port.*redirect_uri`));
      return true;
    });
    other.close();
  });
});
