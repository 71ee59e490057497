// What may be there after a life that ended while a program's n-th step was under way: names as before or after that step,
// and contents as they were acknowledged last, or any since.
import type { FileSystemCalls } from '../support/file-system-calls.ts';
import type { Program, Scenario } from './scenarios.ts';

/** Paths with contents; folders end in `/`. */
export type Shown = Readonly<Record<string, string>>;

interface Possible {
  readonly names: readonly (readonly string[])[];
  readonly contents: ReadonlyMap<string, ReadonlySet<string>>;
}

const build = async (calls: FileSystemCalls, before: Shown): Promise<void> => {
  const folder = async (path: string): Promise<void> => {
    if (path === '') return;
    await folder(path.slice(0, path.lastIndexOf('/')));
    await calls.mkdir(path).catch(() => {});
  };
  for (const [path, text] of Object.entries(before)) {
    await folder(`/${path}`.slice(0, `/${path}`.lastIndexOf('/')));
    if (path.endsWith('/')) continue;
    const fd = await calls.open(`/${path}`, 0o101, 0o644);
    await calls.write(fd, Buffer.from(text), 0);
    await calls.close(fd);
  }
};

const shownBy = async (calls: FileSystemCalls): Promise<Shown> => {
  const found: Record<string, string> = {};
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, kind } of calls.scan(folder)) {
      const path = `${folder}/${name}`;
      found[`${path.slice(1)}${kind === 'folder' ? '/' : ''}`] = kind === 'file' ? await textOf(calls, path) : '';
      if (kind === 'folder') await walk(path);
    }
  };
  await walk('');
  return found;
};

const textOf = async (calls: FileSystemCalls, path: string): Promise<string> => {
  const fd = await calls.open(path, 0);
  try {
    return (await calls.read(fd, 0, (await calls.fstat(fd)).size)).toString();
  } finally {
    await calls.close(fd);
  }
};

/** `answered`: steps of the scenario that had been answered. */
export const statesOf = async (
  { before, steps }: Scenario,
  model: () => Program,
  answered: number,
): Promise<Possible> => {
  const program = model();
  await build(program.calls, before);
  let since: Shown[] = [await shownBy(program.calls)];
  for (const [index, step] of steps.slice(0, answered + 1).entries()) {
    await step.run(program);
    const state = await shownBy(program.calls);
    since = index < answered && step.acknowledges ? [state] : [...since, state];
  }
  const contents = new Map<string, Set<string>>();
  for (const state of since)
    for (const [name, text] of Object.entries(state)) contents.set(name, (contents.get(name) ?? new Set()).add(text));
  return { names: since.map((state) => Object.keys(state)), contents };
};
