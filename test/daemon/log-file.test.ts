import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { LogFile } from '../../src/daemon/log-file.ts';
import { tempDir } from '../support/temp-dir.ts';

test('lines that come before the file is known are kept', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'a.log');
  const log = new LogFile();
  log.write('early');
  log.open(path);
  log.write('late');
  log.close();
  assert.equal(readFileSync(path, 'utf8'), 'early\nlate\n');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('the file is turned over when it is full, and two of them are all there ever is', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'a.log');
  const log = new LogFile(100);
  log.open(path);
  for (let count = 0; count < 50; count += 1) log.write(`line number ${count}`);
  log.close();
  const [now, before] = [readFileSync(path, 'utf8'), readFileSync(`${path}.1`, 'utf8')];
  assert.ok(now.length <= 100 && before.length <= 100);
  assert.ok(now.endsWith('line number 49\n'));
  assert.ok(!existsSync(`${path}.2`));
  assert.equal(now.split('\n')[0], `line number ${50 - (now.split('\n').length - 1)}`);
});

test('what cannot be a log is refused at once, and lines for it are not kept', async () => {
  await using dir = await tempDir();
  const [folder, pipe] = [join(dir.path, 'folder'), join(dir.path, 'pipe')];
  mkdirSync(folder);
  await promisify(execFile)('mkfifo', [pipe]);
  for (const [path, code] of [
    [folder, 'EISDIR'],
    [pipe, 'ENXIO'],
  ] as const) {
    const log = new LogFile();
    log.write('early');
    assert.throws(() => log.open(path), { code });
    log.write('late');
    log.close();
  }
});

test('where there can be no predecessor, the last lines are there nevertheless', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'a.log');
  mkdirSync(join(`${path}.1`, 'in the way'), { recursive: true });
  const log = new LogFile(100);
  log.open(path);
  for (let count = 0; count < 50; count += 1) log.write(`line number ${count}`);
  log.close();
  const text = readFileSync(path, 'utf8');
  assert.ok(text.endsWith('line number 49\n') && text.length <= 100, text);
});
