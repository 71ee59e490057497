import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abortable } from '../../src/base/abortable.ts';

const never = new AbortController().signal;

test('whoever waits gets the result, or the failure', async () => {
  assert.equal(await abortable(Promise.resolve(3), never), 3);
  await assert.rejects(abortable(Promise.reject(new Error('no')), never), /no/);
});

test('whoever leaves gets the reason at once, and the work goes on', async () => {
  const controller = new AbortController();
  let finish = (_: string): void => {};
  const work = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const left = abortable(work, controller.signal);
  const stayed = abortable(work, never);
  controller.abort(new Error('gone'));
  await assert.rejects(left, /gone/);
  finish('done');
  assert.equal(await stayed, 'done');
});

test('work that fails after its only caller came with an aborted signal is no unhandled rejection', async () => {
  const work = new Promise<never>((_, reject) => setImmediate(() => reject(new Error('late'))));
  await assert.rejects(abortable(work, AbortSignal.abort(new Error('gone'))), /gone/);
  // An unhandled rejection would end the test runner's process with a failure of this file.
  await new Promise((resolve) => setTimeout(resolve, 5));
});

test('no listener stays behind on a signal that lives long', async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    listeners -= 1;
    remove(...args);
  };
  await abortable(Promise.resolve(), signal);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(listeners, 0);
});
