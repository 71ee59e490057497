// Runs one tool step on a mount and on the local disk, and compares what it printed and left.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ToolStep } from '../suites/tool-steps.ts';
import { treeHashes } from './tree-hashes.ts';

export interface StepPlaces {
  /** `$SRC`. */
  readonly material: string;
  readonly onMount: string;
  readonly onDisk: string;
}

const stepMs = 180_000;

const runIn = async (folder: string, material: string, script: string): Promise<string> => {
  const env = { ...process.env, SRC: material, LC_ALL: 'C.UTF-8', TERM: 'dumb' };
  const options = { cwd: folder, env, timeout: stepMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const;
  const { stdout, stderr } = await promisify(execFile)('sh', ['-eu', '-c', script], options);
  assert.equal(stderr, '');
  return stdout;
};

export const runStep = async (step: ToolStep, places: StepPlaces): Promise<void> => {
  const expected = await runIn(places.onDisk, places.material, step.script);
  const printed = await runIn(places.onMount, places.material, step.script);
  assert.equal(printed, expected);
  const options = step.differs ? { without: step.differs } : {};
  assert.deepEqual(await treeHashes(places.onMount, options), await treeHashes(places.onDisk, options));
};
