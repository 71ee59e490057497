import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { browserCommands, openBrowser } from '../../src/auth/browser.ts';

const url = 'https://x/?a=b&c=%20';

describe('the user’s browser', () => {
  const cases: readonly (readonly [string, NodeJS.ProcessEnv, NodeJS.Platform, readonly (readonly string[])[]])[] = [
    ['none where nobody could see it', { HOME: '/root', DISPLAY: '' }, 'linux', []],
    ['the desktop’s, where there is one', { DISPLAY: ':0' }, 'linux', [['xdg-open', url]]],
    ['or another kind of desktop', { WAYLAND_DISPLAY: 'w' }, 'linux', [['xdg-open', url]]],
    ['the system’s', {}, 'darwin', [['open', url]]],
    [
      'the user’s own',
      { BROWSER: ' a -n : b %s -x ::', DISPLAY: ':0' },
      'linux',
      [
        ['a', '-n', url],
        ['b', url, '-x'],
      ],
    ],
    ['an empty wish is none', { BROWSER: ' ', DISPLAY: ':0' }, 'linux', [['xdg-open', url]]],
  ];
  for (const [title, environment, platform, commands] of cases)
    it(title, () => assert.deepEqual(browserCommands(url, environment, platform), commands));

  it('is the first that can be started', async () => {
    const environment = { PATH: process.env['PATH'] };
    assert.equal(await openBrowser(url, { ...environment, BROWSER: '/no/such/program:false:true' }), 'started');
    assert.equal(await openBrowser(url, { ...environment, BROWSER: '/no/such/program:false' }), 'failed');
    assert.equal(await openBrowser(url, environment), 'none');
    const staying = 'timeout 4 tail -f /dev/null %s';
    assert.equal(await openBrowser(url, { ...environment, BROWSER: staying }), 'started', 'one that stays has');
  });
});
