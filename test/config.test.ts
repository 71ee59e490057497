import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configPath, resolveSettings, type Settings, type SettingsSources } from '../src/config.ts';
import { SettingsError } from '../src/config-sources.ts';

const entry = (key: string, text: string, line = 7) => ({ key, text, line });

const resolved = (given: Partial<SettingsSources> & { entries?: readonly ReturnType<typeof entry>[] }): Settings => {
  const { entries, ...sources } = given;
  return resolveSettings({
    configFile: '/home/u/.lcrc',
    section: entries === undefined ? undefined : { path: '/home/u/.lcrc', entries },
    environment: { HOME: '/home/u' },
    options: [],
    workingFolder: '/here',
    ...sources,
  });
};

const refused = (given: Parameters<typeof resolved>[0], ...parts: readonly string[]): void => {
  assert.throws(
    () => resolved(given),
    (error: unknown) => {
      assert.ok(error instanceof SettingsError, String(error));
      for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" does not say "${part}"`);
      return true;
    },
  );
};

describe('settings: defaults', () => {
  it('are those of the documentation', () => {
    const settings = resolved({});
    assert.equal(settings.cacheDir, '/home/u/.cache/skydrive');
    assert.equal(settings.cacheSize, 10 * 2 ** 30);
    assert.equal(settings.durability, 'local');
    assert.equal(settings.settleMs, 1000);
    assert.equal(settings.listingAgeMs, 30_000);
    assert.equal(settings.feedIntervalMs, 5000);
    assert.equal(settings.account, undefined);
    assert.equal(settings.driver, 'auto');
    assert.equal(settings.allowOther, false);
    assert.equal(settings.readOnly, false);
  });

  it('of the addresses follow the dialect', () => {
    assert.equal(resolved({ options: ['dialect=live'] }).apiUrl, 'https://apis.live.net/v5.0');
    assert.equal(resolved({ options: ['dialect=live'] }).loginUrl, 'https://login.live.com');
    assert.equal(resolved({ options: ['dialect=graph'] }).apiUrl, 'https://graph.microsoft.com/v1.0');
    const mixed = resolved({ options: ['dialect=graph,api_url=http://127.0.0.1:1/v1.0/'] });
    assert.equal(mixed.apiUrl, 'http://127.0.0.1:1/v1.0');
    assert.equal(mixed.loginUrl, 'https://login.microsoftonline.com/common/oauth2/v2.0');
  });

  it('of the cache folder follow XDG_CACHE_HOME where it is absolute', () => {
    const cacheOf = (XDG_CACHE_HOME: string) => resolved({ environment: { HOME: '/h', XDG_CACHE_HOME } }).cacheDir;
    assert.equal(cacheOf('/var/cache/u'), '/var/cache/u/skydrive');
    assert.equal(cacheOf('relative'), '/h/.cache/skydrive');
  });
});

describe('settings: precedence', () => {
  const entries = [entry('settle', '2s'), entry('cache_size', '1G'), entry('durability', 'remote')];
  const environment = { HOME: '/home/u', SKYDRIVE_SETTLE: '3s', SKYDRIVE_CACHE_SIZE: '2G' };

  it('option over environment over file over default', () => {
    const settings = resolved({ entries, environment, options: ['settle=250ms'] });
    assert.equal(settings.settleMs, 250);
    assert.equal(settings.cacheSize, 2 * 2 ** 30);
    assert.equal(settings.durability, 'remote');
    assert.equal(settings.listingAgeMs, 30_000);
  });

  it('the last option wins, and an empty variable is none', () => {
    assert.equal(resolved({ options: ['settle=1s,settle=2s', 'settle=4s'] }).settleMs, 4000);
    assert.equal(resolved({ options: ['ro', 'rw'] }).readOnly, false);
    assert.equal(resolved({ environment: { HOME: '/h', SKYDRIVE_SETTLE: '' } }).settleMs, 1000);
  });

  it('a value that is wrong is an error even where another source overrides it', () => {
    refused({ entries: [entry('settle', 'soon')], options: ['settle=1s'] }, '/home/u/.lcrc, line 7', '"soon"');
  });

  it('what comes out cannot be changed', () => {
    assert.ok(Object.isFrozen(resolved({})));
  });
});

describe('settings: values', () => {
  it('relative paths start where their source is; ~ is the home folder', () => {
    assert.equal(resolved({ entries: [entry('cache_dir', 'c')] }).cacheDir, '/home/u/c');
    assert.equal(resolved({ options: ['cache_dir=c'] }).cacheDir, '/here/c');
    assert.equal(resolved({ options: ['cache_dir=~/c'] }).cacheDir, '/home/u/c');
    assert.equal(resolved({ options: ['cache_dir=/a\\,b'] }).cacheDir, '/a,b');
  });

  it('options of fuse(8) work, words of mount(8) are taken', () => {
    const settings = resolved({
      options: [
        'allow_other,ro,uid=1000,gid=100,umask=022,auto_unmount',
        'noauto,_netdev,nofail,user,nosuid,x-systemd.automount',
      ],
    });
    assert.equal(settings.allowOther, true);
    assert.equal(settings.readOnly, true);
    assert.equal(settings.autoUnmount, true);
    assert.deepEqual([settings.uid, settings.gid, settings.umask], [1000, 100, 0o022]);
    assert.equal(resolved({ options: ['default_permissions=no'] }).defaultPermissions, false);
  });

  it('each is refused with its source, itself and what is allowed', () => {
    refused({ options: ['dialect=skype'] }, '-o dialect', '"skype"', 'live or graph');
    refused({ options: ['cache_size=12'] }, '-o cache_size', '"12"', 'at least 1M');
    refused({ options: ['api_url=apis.live.net'] }, '-o api_url', 'https://');
    refused({ options: ['api_url=https://h/?a=b'] }, '-o api_url');
    refused({ options: ['umask=999'] }, '-o umask', 'octal');
    refused({ options: ['uid=me'] }, '-o uid', 'number');
    refused({ options: ['allow_other=perhaps'] }, '-o allow_other', 'yes or no');
    refused({ options: ['cache_dir'] }, '-o cache_dir', 'folder');
    refused({ options: ['feed_interval=1ms'] }, '-o feed_interval', '100ms');
    refused({ environment: { HOME: '/h', SKYDRIVE_DRIVER: 'fuse' } }, 'SKYDRIVE_DRIVER', '"fuse"', 'fuse-native');
    refused({ options: ['account=..'] }, '-o account');
  });

  it('unknown keys are errors that name a near one', () => {
    refused({ entries: [entry('cachesize', '1G', 3)] }, 'line 3', '"cachesize"', 'did you mean cache_size?');
    refused({ options: ['listing-age=1s'] }, 'did you mean listing_age?');
    refused({ options: ['zzz'] }, '"zzz"', 'known are', 'cache_dir');
    refused({ environment: { HOME: '/h', SKYDRIVE_SETLE: '1s' } }, 'SKYDRIVE_SETLE', 'did you mean settle?');
  });

  it('variables that only share the prefix are left alone', () => {
    assert.equal(resolved({ environment: { HOME: '/h', SKYDRIVE_TEST_SERVER_ADDRESS: 'x' } }).settleMs, 1000);
  });
});

describe('settings: home', () => {
  it('the file is --config, else SKYDRIVE_CONFIG, else ~/.lcrc', () => {
    assert.equal(configPath('f', { HOME: '/h' }, '/w'), '/w/f');
    assert.equal(configPath(undefined, { HOME: '/h', SKYDRIVE_CONFIG: '~/g' }, '/w'), '/h/g');
    assert.equal(configPath(undefined, { HOME: '/h' }, '/w'), '/h/.lcrc');
  });

  it('without a home folder the error says what to name', () => {
    assert.throws(() => configPath(undefined, { HOME: '' }, '/w'), /set HOME, or name the file with --config/);
    refused({ environment: { HOME: '' } }, 'set HOME', '-o cache_dir=FOLDER');
    assert.equal(resolved({ environment: { HOME: '' }, options: ['cache_dir=/c'] }).cacheDir, '/c');
    refused({ environment: { HOME: '' }, options: ['cache_dir=~/c'] }, '-o cache_dir', 'HOME');
  });
});
