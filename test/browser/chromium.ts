// A real browser without a window: Debian's Chromium, with a profile of its own. Owned by the tests of browser/.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { tempDir } from '../support/temp-dir.ts';

const executablePath = '/usr/bin/chromium';

/** Why no browser can be started here; false where it can. */
export const noChromium: string | false = existsSync(executablePath)
  ? false
  : `there is no ${executablePath}: install Debian's package chromium`;

/** As wide as a small phone. */
const phone = { width: 320, height: 640 };

export interface Browser extends AsyncDisposable {
  readonly page: Page;
  /** That the page that is shown can be used on a phone, by keyboard and by ear; `name` is for a picture of it. */
  check(name: string): Promise<void>;
  /** What the pages said went wrong, and what they asked other hosts for. */
  readonly complaints: readonly string[];
}

const args = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

const watch = (context: BrowserContext, complaints: string[]): void => {
  context.on('request', (request) => {
    const url = new URL(request.url());
    const isHere = ['127.0.0.1', 'localhost', '[::1]', ''].includes(url.hostname);
    if (!isHere) complaints.push(`asked for ${url.host}`);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  // A status of 4xx is told there too, and is what some pages have.
  context.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
};

/** What is wrong with the page that is shown, as a list; in the browser's own language, whose names are not ours. */
const faultsOfPage = `(() => {
  const html = document.documentElement;
  const faults = [];
  if (html.scrollWidth > innerWidth) faults.push('is ' + html.scrollWidth + ' wide where there are ' + innerWidth);
  if (document.title === '' || html.lang === '') faults.push('has no title or no language');
  if (document.querySelectorAll('h1').length !== 1) faults.push('has not one heading');
  for (const input of document.querySelectorAll('input:not([type=hidden])'))
    if (input.labels.length !== 1) faults.push('has no label for ' + input.name);
  for (const button of document.querySelectorAll('button'))
    if (button.getBoundingClientRect().height < 40) faults.push('has a button that fingers miss: ' + button.textContent);
  return faults;
})()`;

/** A folder for pictures of all pages, for whoever wants to look at them. */
const pictures = process.env['SKYDRIVE_TEST_PICTURES'];

const check = async (page: Page, name: string): Promise<void> => {
  await page.waitForLoadState();
  if (pictures !== undefined) {
    await page.screenshot({ path: join(pictures, `${name}.png`) });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(pictures, `${name}-dark.png`) });
    await page.emulateMedia({ colorScheme: 'light' });
  }
  assert.deepEqual(await page.evaluate(faultsOfPage), [], name);
};

export const openBrowser = async (): Promise<Browser> => {
  const profile = await tempDir();
  const context = await chromium.launchPersistentContext(join(profile.path, 'profile'), {
    ...{ executablePath, args, headless: true, viewport: phone, timeout: 60_000 },
  });
  context.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  watch(context, complaints);
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    page,
    check: (name) => check(page, name),
    complaints,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await profile[Symbol.asyncDispose]();
    },
  };
};
