import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { FsError } from '../../src/base/errors.ts';
import { DriveError, type Fault } from '../../src/drive/drive-error.ts';
import { failureOf } from '../../src/fs/errno.ts';

const told = (error: unknown): string => {
  const { code, kind } = failureOf(error);
  return `${code} ${kind}`;
};

const faults: Readonly<Record<Fault, string>> = {
  missing: 'ENOENT usual',
  exists: 'EEXIST usual',
  changed: 'ESTALE trouble',
  denied: 'EACCES trouble',
  'signed-out': 'EACCES trouble',
  full: 'ENOSPC trouble',
  locked: 'EBUSY trouble',
  'too-large': 'EFBIG trouble',
  busy: 'EIO trouble',
  offline: 'ENETUNREACH trouble',
  refused: 'EINVAL trouble',
  broken: 'EIO trouble',
  unsupported: 'EOPNOTSUPP usual',
};

describe('the errno of a failure', () => {
  for (const [fault, expected] of Object.entries(faults))
    it(`of a drive: ${fault}`, () => assert.equal(told(new DriveError(fault as Fault, 'item 1')), expected));

  it('of the file system is its own', () => {
    assert.equal(told(new FsError('ENOTEMPTY', 'a')), 'ENOTEMPTY usual');
    assert.equal(told(new FsError('ENOSPC', 'a')), 'ENOSPC trouble');
    assert.equal(failureOf(new FsError('ENOTEMPTY', 'a')).errno, constants.errno.ENOTEMPTY);
    assert.equal(failureOf(new FsError('ENOATTR', 'a')).errno, constants.errno.ENODATA);
  });

  it('of an aborted signal is EINTR, of one that ran out of time ETIMEDOUT', async () => {
    assert.equal(told(AbortSignal.abort().reason), 'EINTR usual');
    const late = AbortSignal.timeout(0);
    await new Promise((resolve) => late.addEventListener('abort', resolve));
    assert.equal(told(late.reason), 'ETIMEDOUT trouble');
  });

  it('of this disk is its own only where it means the same to the program', async () => {
    const system = (code: string): Error => Object.assign(new Error(code), { code, errno: -1, syscall: 'write' });
    assert.equal(told(system('ENOSPC')), 'ENOSPC trouble');
    assert.equal(told(system('EDQUOT')), 'EDQUOT trouble');
    assert.equal(told(system('EROFS')), 'EROFS trouble');
    assert.equal(told(system('EACCES')), 'EIO bug');
    const missing: unknown = await open('/nonexistent/file').catch((error: unknown) => error);
    assert.equal(told(missing), 'EIO bug');
  });

  it('of anything else is EIO, and a bug', () => {
    for (const thrown of [new TypeError('x'), Object.assign(new Error('x'), { code: 'ENOSPC' }), 'x', undefined, 5])
      assert.equal(told(thrown), 'EIO bug');
  });
});
