import assert from 'node:assert/strict';
import { it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { helperOptions } from '../../../src/fuse/kernel/mount-by-helper.ts';

const options = {
  mountpoint: '/mnt',
  source: 'skydrive',
  allowOther: false,
  readOnly: false,
  defaultPermissions: false,
  autoUnmount: false,
  log: silentLog,
};

it('tells the helper what is wanted, and never allows devices and set-user-id programs', () => {
  assert.equal(helperOptions(options), 'fsname=skydrive,subtype=skydrive,nosuid,nodev');
  const all = { ...options, allowOther: true, readOnly: true, defaultPermissions: true, autoUnmount: true };
  assert.equal(
    helperOptions(all),
    'fsname=skydrive,subtype=skydrive,nosuid,nodev,ro,allow_other,default_permissions,auto_unmount',
  );
});

it('a source cannot become an option', () => {
  const given = helperOptions({ ...options, source: 'a,suid\\,dev b' });
  assert.equal(given, 'fsname=a\\,suid\\\\\\,dev b,subtype=skydrive,nosuid,nodev');
});
