// Whether the settings are those of a mount whose process is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveSettings, type Settings } from '../src/config.ts';
import { settingsOfMount } from '../src/mount-folder.ts';

const settings = (...options: readonly string[]): Settings =>
  resolveSettings({
    ...{ configFile: '/f', section: undefined, environment: { HOME: '/h' }, workingFolder: '/', options },
  });

const dead = (account?: string) => ({ mountpoint: '/mnt', account });

test('they are if they name its account, or none', () => {
  assert.equal(settingsOfMount(settings('account=a1'), dead('a1')).account, 'a1');
  assert.equal(settingsOfMount(settings(), dead('a1')).account, 'a1');
  assert.throws(
    () => settingsOfMount(settings('account=b2'), dead('a1')),
    /is of account a1; .* account b2: .*--config/,
  );
  assert.throws(() => settingsOfMount(settings('account=b2'), dead()), /does not say which account it is of/);
});

test('of another drive than the own one, they are if they name that drive', () => {
  const shared = settings('dialect=graph', 'account=a1', 'drive_id=b!Shared');
  assert.equal(settingsOfMount(shared, dead('b!Shared')).account, 'b!Shared');
  assert.throws(() => settingsOfMount(shared, dead('a1')), /the settings are those of account b!Shared/);
});
