// The POSIX suite: one set of cases for every way to reach a FileSystem. Each case gets a folder of its own on one subject,
// which is made once. What an implementation cannot do is listed with its reason, and printed where a case is skipped for it.
import { after, before, describe, it } from 'node:test';
import { attributeCases } from './posix/attribute-cases.ts';
import type { Ability, Calls, Exceptions } from './posix/calls.ts';
import { contentCases } from './posix/content-cases.ts';
import { folderCases } from './posix/folder-cases.ts';
import { type Case, Ground } from './posix/ground.ts';
import { nameCases } from './posix/name-cases.ts';
import { openCases } from './posix/open-cases.ts';
import { rangeCases } from './posix/range-cases.ts';
import { renameCases } from './posix/rename-cases.ts';
import { unlinkCases } from './posix/unlink-cases.ts';
import { walkCases } from './posix/walk-cases.ts';
import { xattrCases } from './posix/xattr-cases.ts';

export interface PosixSubject extends AsyncDisposable {
  readonly calls: Calls;
  /** Path of an empty folder. */
  readonly root: string;
  /** Runs after every case: what must hold then, e.g. that no reference is left. */
  check?(): Promise<void>;
}

export interface PosixOptions {
  readonly cannot?: Exceptions;
  /** Why nothing can be run at all. */
  readonly skip?: string | undefined;
  /** Milliseconds for one case. */
  readonly timeout?: number;
}

const sections: Readonly<Record<string, readonly Case[]>> = {
  names: nameCases,
  open: openCases,
  content: contentCases,
  folders: folderCases,
  rename: renameCases,
  unlink: unlinkCases,
  attributes: attributeCases,
  'extended attributes': xattrCases,
  ranges: rangeCases,
  'random walks': walkCases,
};

const reasonToSkip = (one: Case, cannot: Exceptions): string | undefined => {
  const missing = (one.needs ?? []).find((ability: Ability) => cannot[ability] !== undefined);
  return missing && `${missing}: ${cannot[missing]}`;
};

/** Registers the suite with node:test. */
export const posixSuite = (
  title: string,
  makeSubject: () => Promise<PosixSubject>,
  { cannot = {}, skip, timeout = 120_000 }: PosixOptions = {},
): void => {
  describe(title, { skip: skip ?? false }, () => {
    let subject: PosixSubject | undefined;
    let count = 0;
    before(async () => {
      subject = await makeSubject();
    });
    after(async () => {
      await subject?.[Symbol.asyncDispose]();
    });
    const runCase = async (one: Case): Promise<void> => {
      if (!subject) throw new Error('there is no subject');
      count += 1;
      const folder = `${subject.root}/case-${count}`;
      await subject.calls.mkdir(folder, 0o755);
      await one.run(new Ground(subject.calls, folder));
      await subject.check?.();
    };
    for (const [section, cases] of Object.entries(sections))
      describe(section, () => {
        for (const one of cases)
          it(one.title, { skip: reasonToSkip(one, cannot) ?? false, timeout }, () => runCase(one));
      });
  });
};
