// What a program was doing when its file system died: calls, one after the other, on the file system and on its model. A
// call that acknowledges (close, fsync, and all that change names) makes what went before it safe.

import { O_APPEND, O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import type { FileSystemCalls } from '../support/file-system-calls.ts';

/** The program's side of one file system. */
export interface Program {
  readonly calls: FileSystemCalls;
  /** The file that it has open. */
  fd: number;
}

interface Step {
  readonly title: string;
  readonly acknowledges: boolean;
  run(program: Program): Promise<unknown>;
}

export interface Scenario {
  readonly title: string;
  /** What the drive holds before; folders end in `/`. */
  readonly before: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** Comments on `doc` when all steps are done. */
  readonly comments?: number;
}

const names = (title: string, run: (calls: FileSystemCalls) => Promise<unknown>): Step => ({
  title,
  acknowledges: true,
  run: ({ calls }) => run(calls),
});

const open = (path: string, flags: number): Step => ({
  title: `open ${path}`,
  acknowledges: false,
  run: async (program) => {
    program.fd = await program.calls.open(path, flags, 0o644);
  },
});
const write = (text: string, offset = 0): Step => ({
  title: `write ${text.length} bytes`,
  acknowledges: false,
  run: ({ calls, fd }) => calls.write(fd, Buffer.from(text), offset),
});
const truncate = (size: number): Step => ({
  title: `truncate to ${size}`,
  acknowledges: false,
  run: ({ calls, fd }) => calls.ftruncate(fd, size),
});
const fsync: Step = { title: 'fsync', acknowledges: true, run: ({ calls, fd }) => calls.fsync(fd) };
const close: Step = { title: 'close', acknowledges: true, run: ({ calls, fd }) => calls.close(fd) };
const rename = (from: string, to: string): Step => names(`rename ${from} ${to}`, (calls) => calls.rename(from, to));
const unlink = (path: string): Step => names(`unlink ${path}`, (calls) => calls.unlink(path));
const rmdir = (path: string): Step => names(`rmdir ${path}`, (calls) => calls.rmdir(path));
const mkdir = (path: string): Step => names(`mkdir ${path}`, (calls) => calls.mkdir(path));

/** Time for the queue to begin with what there is. */
const pause = (ms: number): Step => ({
  title: 'pause',
  acknowledges: false,
  run: () => new Promise((resolve) => setTimeout(resolve, ms)),
});

const save = (path: string, text: string): Step[] => [
  open(path, O_WRONLY | O_CREAT | O_TRUNC),
  write(text),
  fsync,
  close,
];
const make = (path: string, text: string): Step[] => [open(path, O_WRONLY | O_CREAT), write(text), close];

const comment = (text: string): Step => ({
  title: `comment ${text}`,
  acknowledges: true,
  run: async ({ calls }) => calls.setxattr('/doc', 'user.skydrive.comment.add', Buffer.from(text)),
});
const describeDoc: Step = {
  title: 'describe',
  acknowledges: true,
  run: async ({ calls }) => calls.setxattr('/doc', 'user.skydrive.description', Buffer.from('about it')),
};

export const scenarios: readonly Scenario[] = [
  {
    title: 'saves in place',
    before: { doc: 'first' },
    steps: [
      ...save('/doc', 'second'),
      pause(3),
      open('/doc', O_WRONLY | O_APPEND),
      write(' and more'),
      close,
      ...make('/new', 'made'),
      open('/doc', O_RDWR),
      write('S', 0),
      close,
    ],
  },
  {
    title: 'a save by rename, and one by a backup',
    before: { doc: 'first', 'doc~': 'older' },
    steps: [
      ...save('/.doc.tmp', 'second'),
      rename('/.doc.tmp', '/doc'),
      pause(3),
      rename('/doc', '/doc~'),
      ...save('/doc', 'third'),
      unlink('/doc~'),
    ],
  },
  {
    title: 'renames',
    before: { 'a/one': '1', 'a/two': '2', b: 'b', 'c/': '' },
    steps: [
      rename('/a/one', '/c/one'),
      rename('/c/one', '/c/uno'),
      pause(2),
      rename('/a', '/c/a'),
      rename('/b', '/c/a/two'),
      names('exchange', (calls) => calls.rename('/c/uno', '/c/a/two', 'exchange')),
    ],
  },
  {
    title: 'rm -r',
    before: { 'tree/a/one': '1', 'tree/a/two': '2', 'tree/b/': '', 'tree/three': '3', other: 'o' },
    steps: [
      unlink('/tree/a/one'),
      unlink('/tree/a/two'),
      rmdir('/tree/a'),
      rmdir('/tree/b'),
      pause(2),
      unlink('/tree/three'),
      rmdir('/tree'),
    ],
  },
  {
    title: 'a tree is made',
    before: {},
    steps: [
      mkdir('/tree'),
      mkdir('/tree/a'),
      ...make('/tree/a/one', 'one'),
      ...make('/tree/two', 'two'),
      pause(2),
      mkdir('/tree/a/b'),
      ...make('/tree/a/b/three', ''),
      rename('/tree/two', '/tree/a/b/two'),
    ],
  },
  {
    title: 'comments and a description',
    before: { doc: 'text' },
    steps: [comment('one'), pause(2), describeDoc, comment('two'), rename('/doc', '/dac'), rename('/dac', '/doc')],
    comments: 2,
  },
  {
    title: 'cuts and gaps',
    before: { doc: 'the first text of all' },
    steps: [
      open('/doc', O_RDWR),
      truncate(9),
      write('gap', 12),
      close,
      pause(2),
      open('/doc', O_RDWR),
      truncate(5),
      truncate(30),
      truncate(3),
      write('again', 8),
      fsync,
      close,
    ],
  },
  {
    title: 'a large file',
    before: { doc: 'small' },
    steps: [
      ...save('/doc', 'L'.repeat(9_000)),
      pause(6),
      ...make('/large', 'm'.repeat(7_500)),
      ...save('/doc', 'later'),
    ],
  },
];
