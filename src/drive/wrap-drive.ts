// One Drive around another: what the wrappers (`with-*.ts`) have in common. A wrapper says what happens around a call and
// around a stream; which method it is only matters to it where it wants to know.
import type { ByteRange, Drive, Item } from './drive.ts';

export type StreamMethod = 'children' | 'originalChildren' | 'read';
export type CallMethod = Exclude<keyof Drive, 'features' | StreamMethod>;

const streams: ReadonlySet<PropertyKey> = new Set<StreamMethod>(['children', 'originalChildren', 'read']);

const isStream = (key: PropertyKey): key is StreamMethod => streams.has(key);

export interface Wrapping {
  call(method: CallMethod, args: readonly unknown[], run: () => Promise<unknown>): Promise<unknown>;
  stream(
    method: StreamMethod,
    args: readonly unknown[],
    open: (args: readonly unknown[]) => AsyncIterable<unknown>,
  ): AsyncIterable<unknown>;
}

export type ReadArgs = readonly [item: Item, range: ByteRange, signal?: AbortSignal];

/** The signal of a call, wherever among its arguments. */
export const signalOf = (args: readonly unknown[]): AbortSignal | undefined =>
  args.find((arg): arg is AbortSignal => arg instanceof AbortSignal);

export const wrapDrive = (drive: Drive, wrapping: Wrapping): Drive =>
  new Proxy(drive, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      const apply = (args: readonly unknown[]): unknown => Reflect.apply(member, target, args);
      if (isStream(key)) {
        return (...args: unknown[]) => wrapping.stream(key, args, (given) => apply(given) as AsyncIterable<unknown>);
      }
      return (...args: unknown[]) => wrapping.call(key as CallMethod, args, () => apply(args) as Promise<unknown>);
    },
  });
