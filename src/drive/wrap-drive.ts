// One Drive around another: what the wrappers (`with-*.ts`) have in common. A wrapper says what happens around a call and
// around a stream; which method it is only matters to it where it wants to know.
import type { ByteRange, Drive, FileVersion, Item } from './drive.ts';

export type StreamMethod = 'children' | 'descendants' | 'originalChildren' | 'search' | 'read' | 'readVersion';
export type CallMethod = Exclude<keyof Drive, 'features' | StreamMethod>;

const streams: ReadonlySet<PropertyKey> = new Set<StreamMethod>([
  'children',
  'descendants',
  'originalChildren',
  'search',
  'read',
  'readVersion',
]);

/** Asks about items, and neither changes anything nor gives contents. */
const looks: ReadonlySet<CallMethod | StreamMethod> = new Set([
  ...(['account', 'root', 'get', 'children', 'descendants', 'changes', 'quota', 'comments'] as const),
  ...(['special', 'original', 'originalChildren', 'originalAccount', 'recent'] as const),
  ...(['search', 'versions', 'thumbnail', 'permissions'] as const),
]);

export const isLook = (method: CallMethod | StreamMethod): boolean => looks.has(method);

/** Gives bytes of a range, its second argument. */
export const isReading = (method: CallMethod | StreamMethod): boolean => method === 'read' || method === 'readVersion';

/** The method gives parts as they arrive, rather than one answer. */
export const isStream = (key: PropertyKey): key is StreamMethod => streams.has(key);

export interface Wrapping {
  /** `run` without arguments: with those of the call. */
  call(
    method: CallMethod,
    args: readonly unknown[],
    run: (given?: readonly unknown[]) => Promise<unknown>,
  ): Promise<unknown>;
  stream(
    method: StreamMethod,
    args: readonly unknown[],
    open: (args: readonly unknown[]) => AsyncIterable<unknown>,
  ): AsyncIterable<unknown>;
}

export type ReadArgs = readonly [subject: Item | FileVersion, range: ByteRange, signal?: AbortSignal];

/** The signal of a call, wherever among its arguments. */
export const signalOf = (args: readonly unknown[]): AbortSignal | undefined =>
  args.find((arg): arg is AbortSignal => arg instanceof AbortSignal);

/** Where in its arguments each method takes its signal. */
const signalPlaces: Readonly<Record<CallMethod | StreamMethod, number>> = {
  ...{ account: 0, root: 0, quota: 0, get: 1, children: 1, descendants: 1, changes: 1, comments: 1, upload: 1 },
  ...{ read: 2, makeFolder: 2, move: 2, remove: 2, copy: 2, setDescription: 2, link: 2, unlink: 2 },
  ...{ addComment: 2, removeComment: 2, setProperties: 2 },
  ...{ special: 1, original: 1, originalChildren: 1, originalAccount: 0, recent: 0 },
  ...{ search: 1, versions: 1, readVersion: 2, restoreVersion: 1, thumbnail: 2, permissions: 1 },
};

/** The arguments with another signal. */
export const withSignal = (
  method: CallMethod | StreamMethod,
  args: readonly unknown[],
  signal: AbortSignal,
): readonly unknown[] => {
  const place = signalPlaces[method];
  return [...Array.from({ length: place }, (_, index) => args[index]), signal];
};

export const wrapDrive = (drive: Drive, wrapping: Wrapping): Drive =>
  new Proxy(drive, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      const apply = (args: readonly unknown[]): unknown => Reflect.apply(member, target, args);
      if (isStream(key)) {
        return (...args: unknown[]) => wrapping.stream(key, args, (given) => apply(given) as AsyncIterable<unknown>);
      }
      return (...args: unknown[]) =>
        wrapping.call(key as CallMethod, args, (given = args) => apply(given) as Promise<unknown>);
    },
  });
