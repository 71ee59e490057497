// Saves documents as programs do, and looks from the emulator's side what has become of them: the same items, a new version
// each, links and comments alive, the right bytes, and no trace of temporary files, not even in the history.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Calls } from '../suites/posix/calls.ts';
import { firstText, replay, type Trace, textOf, traces } from './trace.ts';

/** What the emulator tells of a drive. */
export interface Look {
  readonly items: readonly { readonly path: string; readonly id: string; readonly comments: number }[];
  /** Every content that the drive ever took: of which item, under which name. */
  readonly versions: readonly { readonly id: string; readonly name: string }[];
  /** Contents of the documents, by path. */
  readonly texts: Readonly<Record<string, string>>;
}

interface Pace {
  readonly title: string;
  readonly saves: number;
  /** Between them. */
  readonly pauseMs: number;
  /** New versions that the drive gets. */
  readonly versions: number;
}

/** How long the file system is to wait for more of the same: longer than a slow machine takes for all saves that are made beside each other. */
export const settleMs = 2_500;

const paces: readonly Pace[] = [
  { title: 'once', saves: 1, pauseMs: 0, versions: 1 },
  { title: 'three times fast', saves: 3, pauseMs: 0, versions: 1 },
  { title: 'three times slowly', saves: 3, pauseMs: 3_500, versions: 3 },
];

export interface Subject {
  readonly calls: Calls;
  /** Where the drive is; empty for the root. */
  readonly root: string;
  readonly hasComments: boolean;
  /** After everything is on the drive. */
  look(): Promise<Look>;
}

interface Case {
  readonly trace: Trace;
  readonly pace: Pace;
  readonly folder: string;
}

const allCases = (): Case[] =>
  traces().flatMap((trace) => paces.map((pace, index) => ({ trace, pace, folder: `/${trace.name} ${index}` })));

/** What the drive has to hold before anything is mounted: paths with texts; folders end in `/`. */
export const filesBefore = (): Record<string, string> =>
  Object.fromEntries(
    allCases().flatMap(({ trace, folder }) => [
      [`${folder}/doc.txt`, firstText],
      ...trace.beside.map((path) => [`${folder}/${path}`, path.endsWith('/') ? '' : 'an older text\n']),
    ]),
  );

const namesIn = async (calls: Calls, folder: string): Promise<string[]> => {
  const names: string[] = [];
  for await (const { name, kind } of calls.scan(folder)) {
    names.push(name);
    if (kind === 'folder')
      names.push(...(await namesIn(calls, `${folder}/${name}`)).map((below) => `${name}/${below}`));
  }
  return names.sort();
};

const saveFast = async ({ calls, root }: Subject, { trace, pace, folder }: Case): Promise<void> => {
  for (let save = 0; save < pace.saves; save += 1) await replay(trace, calls, `${root}${folder}`, save);
};

/** All of them in step: on a slow machine, what one save left for the drive may take longer than the pause. */
const saveSlowly = async (subject: Subject, cases: readonly Case[]): Promise<void> => {
  const { saves, pauseMs } = cases[0]?.pace ?? { saves: 0, pauseMs: 0 };
  for (let save = 0; save < saves; save += 1) {
    await Promise.all(cases.map(({ trace, folder }) => replay(trace, subject.calls, `${subject.root}${folder}`, save)));
    await delay(pauseMs);
    await subject.look();
  }
};

interface Sides {
  readonly before: Look;
  readonly after: Look;
  readonly links: ReadonlyMap<string, string>;
}

const checkNames = async ({ calls, root }: Subject, { folder, trace }: Case, { items }: Look): Promise<void> => {
  const below = items.filter(({ path }) => path.startsWith(`${folder}/`));
  const names = below.map(({ path }) => path.slice(folder.length + 1)).sort();
  const shown = await namesIn(calls, `${root}${folder}`);
  assert.deepEqual(names, shown, `${trace.name}: the drive has what the folder has`);
};

const linkOf = async ({ calls, root }: Subject, { folder }: Case): Promise<string> =>
  (await calls.getxattr(`${root}${folder}/doc.txt`, 'user.skydrive.link.view')).toString();

const checkCase = async (subject: Subject, one: Case, { before, after, links }: Sides): Promise<void> => {
  const { pace, folder } = one;
  const document = `${folder}/doc.txt`;
  const idAt = (look: Look, path: string): string | undefined => look.items.find((item) => item.path === path)?.id;
  const id = idAt(before, document);
  assert.equal(idAt(after, document), id, 'the document is the same item');
  assert.equal(after.texts[document], textOf(pace.saves - 1));
  const versionsOf = (look: Look): number => look.versions.filter((version) => version.id === id).length;
  const added = versionsOf(after) - versionsOf(before);
  assert.equal(added, pace.versions, 'new versions');
  await checkNames(subject, one, after);
  if (subject.hasComments) {
    assert.equal(after.items.find(({ path }) => path === document)?.comments, 1, 'the comment is alive');
  }
  assert.equal(await linkOf(subject, one), links.get(folder), 'the link is alive');
};

/** Everything at once, each trace and pace in a folder of its own. Rejects with all that was not as it should be. */
export const checkSaves = async (subject: Subject): Promise<number> => {
  const cases = allCases();
  const links = new Map<string, string>();
  for (const one of cases) links.set(one.folder, await linkOf(subject, one));
  const before = await subject.look();
  // One after the other: fast means faster than what the file system waits for, on a slow machine too.
  for (const one of cases.filter(({ pace }) => pace.pauseMs === 0)) await saveFast(subject, one);
  await saveSlowly(
    subject,
    cases.filter(({ pace }) => pace.pauseMs > 0),
  );
  const after = await subject.look();
  const failures: string[] = [];
  for (const one of cases) {
    await checkCase(subject, one, { before, after, links }).catch((error: Error) => {
      failures.push(`${one.trace.name}, ${one.pace.title}: ${error.message}`);
    });
  }
  assert.deepEqual(failures, []);
  const known = new Set(after.items.map(({ path }) => path.split('/').at(-1)));
  const strangers = after.versions.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  assert.deepEqual(strangers, [], 'no temporary file was ever on the drive');
  return cases.length;
};
