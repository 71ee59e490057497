import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FsError } from '../../src/base/errors.ts';
import type { Log } from '../../src/base/log.ts';
import type { Soon } from '../../src/base/soon.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { type Answer, answer } from '../../src/fuse/answer.ts';

const recorded = (): { log: Log; lines: (readonly unknown[])[] } => {
  const lines: (readonly unknown[])[] = [];
  const level =
    (name: string) =>
    (...line: readonly unknown[]): void => {
      lines.push([name, ...line]);
    };
  return { log: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }, lines };
};

const outcome = <T>(log: Log, named: () => string, operation: () => Soon<T>): Promise<Answer<T>> =>
  new Promise((resolve) => void answer(log, named, operation, resolve));

const what = (): string => 'lookup node 1';

describe('answer', () => {
  it('hands results through, waited for or not, and says nothing', async () => {
    const { log, lines } = recorded();
    const unasked = (): never => assert.fail('success has no line');
    assert.deepEqual(await outcome(log, unasked, () => 5), { ok: true, value: 5 });
    assert.deepEqual(await outcome(log, unasked, async () => 'x'), { ok: true, value: 'x' });
    assert.deepEqual(lines, []);
  });

  it('is there before it returns, where nothing is to be waited for', () => {
    const { log } = recorded();
    const told: unknown[] = [];
    const tell = (given: unknown): void => {
      told.push(given);
    };
    assert.equal(
      answer(log, what, () => 5, tell),
      undefined,
    );
    const fail = (): never => {
      throw new FsError('ENOENT', 'no such name');
    };
    assert.equal(answer(log, what, fail, tell), undefined);
    assert.deepEqual(told, [
      { ok: true, value: 5 },
      { ok: false, errno: 2 },
    ]);
  });

  const failed = async (error: unknown): Promise<{ result: unknown; lines: (readonly unknown[])[] }> => {
    const { log, lines } = recorded();
    const thrown = await outcome(log, what, () => {
      throw error;
    });
    const rejected = await outcome(log, what, () => Promise.reject(error));
    assert.deepEqual(thrown, rejected);
    assert.deepEqual(lines[0], lines[1]);
    return { result: thrown, lines: lines.slice(0, 1) };
  };

  it('mentions normal life at debug', async () => {
    const { result, lines } = await failed(new FsError('ENOENT', 'no such name'));
    assert.deepEqual(result, { ok: false, errno: 2 });
    assert.deepEqual(lines, [['debug', 'lookup node 1: ENOENT: no such name']]);
    assert.equal((await failed(AbortSignal.abort().reason)).lines[0]?.[0], 'debug');
  });

  it('warns of trouble, with its cause', async () => {
    const error = new DriveError('offline', 'no route');
    const { result, lines } = await failed(error);
    assert.deepEqual(result, { ok: false, errno: 101 });
    assert.deepEqual(lines, [['warn', 'lookup node 1: ENETUNREACH', error]]);
  });

  it('reports what nobody expected as an error, with its stack', async () => {
    const error = new TypeError('x is undefined');
    const { result, lines } = await failed(error);
    assert.deepEqual(result, { ok: false, errno: 5 });
    assert.equal(lines[0]?.[0], 'error');
    assert.equal(lines[0]?.[2], error);
  });
});
