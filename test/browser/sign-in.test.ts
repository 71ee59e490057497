// People sign in: a real browser, the emulator's pages, and `skydrive auth` in a process of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { type Browser, noChromium, openBrowser } from './chromium.ts';
import { makePerson, type Person } from './person.ts';

if (noChromium) process.stdout.write(`# the tests with a browser are skipped: ${noChromium}\n`);

describe('signing in with a browser', { skip: noChromium }, () => {
  let emulator: Emulator;
  let browser: Browser;
  let person: Person;

  before(async () => {
    const quirks = { 'device-interval': 1 };
    [emulator, browser] = await Promise.all([startEmulator({ quirks }), openBrowser()]);
    person = await makePerson(emulator);
  });

  after(async () => {
    await person?.[Symbol.asyncDispose]();
    await browser?.[Symbol.asyncDispose]();
    await emulator?.close();
    assert.deepEqual(browser?.complaints, []);
  });

  /** From the service's first page to its question. */
  const choose = async (url: string, who: { readonly name: string; readonly typed?: boolean }): Promise<void> => {
    const { page } = browser;
    await page.goto(url);
    if (who.typed === true) {
      await page.getByLabel(/Another account/).fill(who.name);
      await page.getByRole('button', { name: 'Next' }).click();
    } else await page.getByRole('button', { name: who.name }).click();
    await page.getByRole('heading', { name: 'Let this app access your info?' }).waitFor();
  };

  const press = async (button: 'Yes' | 'No', heading: string): Promise<void> => {
    await browser.page.getByRole('button', { name: button, exact: true }).click();
    await browser.page.getByRole('heading', { name: heading }).waitFor();
  };

  /** The address that the browser was sent to, whether or not anybody answers there. */
  const ending = async (): Promise<string> => {
    const sent = browser.page.waitForRequest((request) => /[?&]code=/.test(request.url()));
    await browser.page.getByRole('button', { name: 'Yes', exact: true }).click();
    return (await sent).url();
  };

  it('graph: consent brings the browser back to the terminal, which goes on by itself', async () => {
    await person.use('graph');
    const auth = await person.auth();
    await browser.page.goto(auth.url);
    await browser.check('graph-sign-in');
    await choose(auth.url, { name: 'Ada Example' });
    await browser.check('graph-consent');
    await press('Yes', 'You are signed in');
    await browser.check('back-signed-in');
    assert.match((await browser.page.textContent('main')) ?? '', /drive of Ada Example.*skydrive mount/s);
    const { code, out, err } = await auth.end();
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /API authorization was completed successfully\.\n$/);
    assert.equal(await person.signedInAs(), 'Ada Example');
    await assert.rejects(browser.page.reload(), /ERR_CONNECTION_REFUSED/, 'the page answers once');
  });

  it('graph: what belongs to another sign-in is refused, and the right one is still waited for', async () => {
    const auth = await person.auth();
    const back = new URL(auth.url).searchParams.get('redirect_uri') ?? '';
    for (const foreign of ['/?code=x&state=wrong', '/?code=x', '/?error=access_denied&state=wrong']) {
      await browser.page.goto(`${back}${foreign}`);
      await browser.page.getByRole('heading', { name: 'This belongs to another sign-in' }).waitFor();
    }
    await browser.check('back-strange');
    await auth.said(/an answer to another sign-in came/);
    assert.equal((await browser.page.goto(`${back}/elsewhere`))?.status(), 404);
    await browser.page.goto(back);
    await browser.page.getByRole('heading', { name: 'Nothing has arrived here' }).waitFor();
    await browser.check('back-blank');
    assert.equal(await person.signedInAs(), 'Ada Example');
    await choose(auth.url, { name: 'grace@example.com', typed: true });
    await press('Yes', 'You are signed in');
    const { code, err } = await auth.end();
    assert.equal(code, 0);
    assert.match(err, /until now, this was the sign-in of account [0-9a-f]{16}/);
    assert.equal(await person.signedInAs(), 'grace');
  });

  it('graph: a no is told in browser and terminal, and the earlier sign-in stays', async () => {
    const auth = await person.auth();
    await choose(auth.url, { name: 'Ada Example' });
    await press('No', 'You are not signed in');
    await browser.check('back-denied');
    assert.match((await browser.page.textContent('main')) ?? '', /You|you did not let the app have your files/);
    const { code, err } = await auth.end();
    assert.equal(code, 1);
    assert.match(err, /^\s*skydrive: the sign-in was refused: you did not let the app have your files/);
    assert.equal(await person.signedInAs(), 'grace');
  });

  it('graph: a code that is too old, or was used, signs nobody out', async () => {
    const answer = async (): Promise<string> => {
      const { code, out, err } = await person.user.run(['auth', '--no-browser']);
      assert.equal(code, 3);
      assert.match(err, /nobody to paste.*skydrive auth URL/);
      await choose(/^URL to visit: (\S+)$/m.exec(out)?.[1] ?? '', { name: 'Ada Example' });
      return await ending();
    };
    const late = await answer();
    emulator.admin.set({ clockOffsetMs: 11 * 60_000 });
    const tooLate = await person.user.run(['auth', late]);
    emulator.admin.set({ clockOffsetMs: 0 });
    assert.equal(tooLate.code, 3);
    assert.match(tooLate.err, /not valid: used before, expired or withdrawn.*Sign in again: skydrive auth/);
    assert.equal(await person.signedInAs(), 'grace');
    const good = await answer();
    assert.equal((await person.user.run(['auth', good])).code, 0);
    assert.equal(await person.signedInAs(), 'Ada Example');
    const twice = await person.user.run(['auth', good]);
    assert.equal(twice.code, 3);
    assert.match(twice.err, /belongs to another sign-in, or to one that is over/);
    for (const { err } of [tooLate, twice]) assert.ok(!err.includes(new URL(good).searchParams.get('code') ?? ''));
  });

  it('graph: a code from the terminal is typed into the browser of another machine', async () => {
    const auth = await person.auth('--device-code');
    const [, page = ''] = await auth.said(/^Page: (\S+)$/m);
    const [, userCode = ''] = await auth.said(/^Code: (\S+)$/m);
    await browser.page.goto(page);
    await browser.check('device');
    await browser.page.getByLabel('Code').fill('WRONG');
    await browser.page.keyboard.press('Enter');
    await browser.page.getByRole('alert').waitFor();
    await browser.check('device-wrong');
    await browser.page.getByLabel('Code').fill(`${userCode.slice(0, 4)} ${userCode.slice(4).toLowerCase()}`);
    await browser.page.getByRole('button', { name: 'Next' }).click();
    await browser.page.getByRole('button', { name: 'Sam Example' }).click();
    await browser.check('device-consent');
    await press('Yes', 'Signed in');
    await browser.check('device-done');
    assert.equal((await auth.end()).code, 0);
    assert.equal(await person.signedInAs(), 'Sam Example');
  });

  it('graph: a code that is declined ends the waiting', async () => {
    const auth = await person.auth('--device-code');
    const [, userCode = ''] = await auth.said(/^Code: (\S+)$/m);
    await browser.page.goto(`${emulator.url}/devicelogin?user_code=${userCode}`);
    await browser.page.getByRole('button', { name: 'Ada Example' }).click();
    await press('No', 'Refused');
    await browser.check('device-refused');
    const { code, err } = await auth.end();
    assert.equal(code, 1);
    assert.match(err, /you did not let the app have your files/);
    assert.equal(await person.signedInAs(), 'Sam Example');
  });

  it('live: the address of the empty page is pasted', async () => {
    await person.use('live');
    const auth = await person.auth();
    await browser.page.goto(auth.url);
    await browser.check('live-sign-in');
    await choose(auth.url, { name: 'Ada Example' });
    await browser.check('live-consent');
    const address = await ending();
    assert.match(address, /\/oauth20_desktop\.srf\?code=/);
    auth.paste(address);
    const { code, err } = await auth.end();
    assert.deepEqual([code, err], [0, '']);
    assert.equal(await person.signedInAs(), 'Ada Example');
    const foreign = await person.user.run(['auth', address.replace(/state=[^&]*/, 'state=wrong')]);
    assert.equal(foreign.code, 3);
    assert.match(foreign.err, /belongs to another sign-in/);
    const twice = await person.user.run(['auth', address.replace(/&state=[^&]*/, '')]);
    assert.equal(twice.code, 3, 'also without a state, a code works once');
    assert.match(twice.err, /invalid_grant.*skydrive auth/);
    const late = await person.auth();
    await choose(late.url, { name: 'Sam Example' });
    const old = await ending();
    emulator.admin.set({ clockOffsetMs: 11 * 60_000 });
    late.paste(old);
    const tooLate = await late.end();
    emulator.admin.set({ clockOffsetMs: 0 });
    assert.equal(tooLate.code, 3);
    assert.match(tooLate.err, /invalid_grant.*skydrive auth/);
    assert.equal(await person.signedInAs(), 'Ada Example');
  });

  it('live: where the registration allows it, the browser comes back by itself', async () => {
    await person.use('live', ['redirect_uri: http://127.0.0.1/back']);
    const auth = await person.auth();
    assert.match(auth.url, /redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A\d+%2Fback/);
    await choose(auth.url, { name: 'Barbara', typed: true });
    await press('Yes', 'You are signed in');
    assert.equal((await auth.end()).code, 0);
    assert.equal(await person.signedInAs(), 'Barbara');
    const denied = await person.auth();
    await choose(denied.url, { name: 'Ada Example' });
    await press('No', 'You are not signed in');
    const { code, err } = await denied.end();
    assert.equal(code, 1);
    assert.match(err, /access_denied: The user has denied access/);
    assert.equal(await person.signedInAs(), 'Barbara');
    // An answer behind the `#`, as the service sends errors at times, arrives all the same.
    const hidden = await person.auth();
    const [redirect, state] = ['redirect_uri', 'state'].map((name) => new URL(hidden.url).searchParams.get(name));
    await browser.page.goto(`${redirect}#error=server_error&error_description=Try%20later&state=${state}`);
    await browser.page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
    assert.equal((await hidden.end()).code, 5);
  });
});
