// The steps of a program whose process is killed: what each does, and what is there after any number of them.
import { O_CREAT, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import type { FileSystemCalls } from './file-system-calls.ts';

const write = async (calls: FileSystemCalls, path: string, text: string): Promise<void> => {
  const fd = await calls.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  await calls.write(fd, Buffer.from(text), 0);
  await calls.close(fd);
};

const textOf = (index: number): string => `content ${index} `.repeat(1 + (index % 400));

/** Five steps make a turn: write, rename, write again, make a folder, move into it. */
export const takeStep = async (calls: FileSystemCalls, index: number): Promise<void> => {
  const turn = Math.floor(index / 5);
  const steps = [
    () => write(calls, `/new ${turn}`, textOf(index)),
    () => calls.rename(`/new ${turn}`, `/named ${turn}`),
    () => write(calls, `/named ${turn}`, textOf(index)),
    () => calls.mkdir(`/folder ${turn}`),
    () => calls.rename(`/named ${turn}`, `/folder ${turn}/in it`),
  ];
  await steps[index % 5]?.();
};

/** What is there when the steps before `count` are done, from `start` on, in the form of `MemoryStore.tree`. */
const stateAfter = (count: number, start: number): Record<string, string> => {
  const state: Record<string, string> = {};
  const move = (from: string, to: string): void => {
    state[to] = state[from] ?? '';
    delete state[from];
  };
  for (let index = start; index < count; index += 1) {
    const turn = Math.floor(index / 5);
    if (index % 5 === 0) state[`new ${turn}`] = textOf(index);
    else if (index % 5 === 1) move(`new ${turn}`, `named ${turn}`);
    else if (index % 5 === 2) state[`named ${turn}`] = textOf(index);
    else if (index % 5 === 3) state[`folder ${turn}/`] = '';
    else move(`named ${turn}`, `folder ${turn}/in it`);
  }
  return state;
};

/** The step that was under way may have been done or not; one that writes, caught with the file empty. */
const inProgress = (count: number, start: number, shown: Readonly<Record<string, string>>): Record<string, string> => {
  const expected = stateAfter(count, start);
  const turn = Math.floor((count - 1) / 5);
  const name = (count - 1) % 5 === 0 ? `new ${turn}` : `named ${turn}`;
  return shown[name] === '' && name in expected ? { ...expected, [name]: '' } : expected;
};

/** A process that began with step `start`, and was killed after it had told of the steps before `count`. */
interface Life {
  readonly start: number;
  readonly count: number;
}

/** All that may be there after these lives, where `shown` is. */
export const possibleStates = (
  lives: readonly Life[],
  shown: Readonly<Record<string, string>>,
): Record<string, string>[] => {
  let states: Record<string, string>[] = [{}];
  for (const { start, count } of lives)
    states = states.flatMap((state) =>
      [count, count + 1].map((done) => ({ ...state, ...inProgress(done, start, shown) })),
    );
  return states.map((state) => Object.fromEntries(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1))));
};
