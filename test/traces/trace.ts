// What a program did when it saved a document, as scripts/record-trace.mjs wrote it down, and doing it again: on a mount or
// straight on a FileSystem. Each line of a trace is a call that changed something.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Calls, O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';

export interface Trace {
  readonly name: string;
  /** What there is beside the document when the program begins; folders end in `/`. */
  readonly beside: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

/** What the document holds before anybody saves it. */
export const firstText = 'the text of the document\n';

/** What it holds after the n-th save, n from 0 to 9. */
export const textOf = (save: number): string => `the text of the document, save ${save}\n`;

const folder = join('test', 'traces');

const parseLine = (line: string): string[] =>
  (line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? []).map((word) =>
    word.startsWith('"') ? (JSON.parse(word) as string) : word,
  );

const parse = (name: string, text: string): Trace => {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const words = lines.map(parseLine);
  return {
    name,
    beside: words.flatMap(([verb, path = '']) => (verb === 'exists' ? [path] : [])),
    lines: words.filter(([verb]) => verb !== 'exists'),
  };
};

export const traces = (): Trace[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.trace'))
    .sort()
    .map((file) => parse(file.replace('.trace', ''), readFileSync(join(folder, file), 'utf8')));

const flagsByName: Readonly<Record<string, number>> = { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY };
const flagsOf = (names: string): number =>
  names.split('|').reduce((flags, name) => flags | (flagsByName[name] ?? 0), 0);

interface Place {
  readonly calls: Calls;
  readonly folder: string;
  readonly save: number;
  readonly files: Map<string, number>;
}

type Words = readonly string[];

const at = ({ folder: top }: Place, path = ''): string => `${top}/${path}`;
const fd = ({ files }: Place, file = ''): number => {
  const known = files.get(file);
  if (known === undefined) throw new Error(`${file} is not open`);
  return known;
};

/** A text as the save has it, or so many bytes that mean nothing. */
const bytesOf = (data: string, save: number): Buffer =>
  /^\d+$/.test(data) ? Buffer.alloc(Number(data), save + 1) : Buffer.from(data.replace('edited', `save ${save}`));

/** As emacs and others copy their backups. */
const copy = async (place: Place, [file, offset, source, length]: Words): Promise<void> => {
  const { calls } = place;
  const from = await calls.open(at(place, source), 0);
  try {
    const bytes = await calls.read(from, 0, Number(length));
    await calls.write(fd(place, file), bytes, Number(offset));
  } finally {
    await calls.close(from);
  }
};

const verbs: Readonly<Record<string, (place: Place, words: Words) => Promise<unknown>>> = {
  open: async (place, [file = '', path, flags = '', mode = '0666']) => {
    const opened = await place.calls.open(at(place, path), flagsOf(flags), Number.parseInt(mode, 8) & 0o777);
    place.files.set(file, opened);
  },
  write: (place, [file, offset, data = '']) =>
    place.calls.write(fd(place, file), bytesOf(data, place.save), Number(offset)),
  copy,
  close: (place, [file]) => place.calls.close(fd(place, file)),
  fsync: (place, [file]) => place.calls.fsync(fd(place, file)),
  ftruncate: (place, [file, size]) => place.calls.ftruncate(fd(place, file), Number(size)),
  truncate: (place, [path, size]) => place.calls.truncate(at(place, path), Number(size)),
  rename: (place, [from, to, flag]) =>
    place.calls.rename(at(place, from), at(place, to), flag === 'exchange' ? flag : undefined),
  unlink: (place, [path]) => place.calls.unlink(at(place, path)),
  mkdir: (place, [path]) => place.calls.mkdir(at(place, path)),
  rmdir: (place, [path]) => place.calls.rmdir(at(place, path)),
  symlink: (place, [path, target = '']) => place.calls.symlink(target, at(place, path)),
  chmod: (place, [path, mode = '']) => place.calls.chmod(at(place, path), Number.parseInt(mode, 8) & 0o777),
  utimes: (place, [path]) => place.calls.utimes(at(place, path), undefined, 1_700_000_000_000_000_000n),
  // The calls of the suite have these by path alone; what they change stays on this machine.
  fchmod: async () => {},
  futimes: async () => {},
};

/** Does what the program did; `save`: its number, which is in the text. */
export const replay = async (trace: Trace, calls: Calls, top: string, save: number): Promise<void> => {
  const place: Place = { calls, folder: top, save, files: new Map() };
  for (const [verb = '', ...words] of trace.lines) {
    const run = verbs[verb];
    if (run === undefined) throw new Error(`${trace.name}: nobody knows how to ${verb}`);
    try {
      await run(place, words);
    } catch (error) {
      throw new Error(`${trace.name}: ${verb} ${words.join(' ')}: ${(error as Error).message}`, { cause: error });
    }
  }
};
