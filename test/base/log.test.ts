import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FsError } from '../../src/base/errors.ts';
import { type Log, type LogLevel, makeLog } from '../../src/base/log.ts';

const logged = (level: LogLevel, use: (log: Log) => void): string[] => {
  const lines: string[] = [];
  use(makeLog(level, (line) => lines.push(line.replace(/^\S+ /, ''))));
  return lines;
};

test('what failed is told by what it says, with the stack where bugs are looked for', () => {
  const cause = new FsError('EIO', 'the disk fails');
  const tell = (log: Log): void => {
    log.debug('not seen', cause);
    log.info('not listed', cause);
    log.warn('not kept', cause);
    log.error('a bug', cause);
  };
  const [info, warn, error = ''] = logged('info', tell);
  assert.deepEqual([info, warn], ['info not listed: the disk fails', 'warn not kept: the disk fails']);
  assert.match(error, /^error a bug: FsError: the disk fails\n {4}at /);
  assert.equal(logged('warn', tell).length, 2);
  assert.match(logged('debug', tell)[0] ?? '', /^debug not seen: FsError: the disk fails\n {4}at /);
});
