// One debug line per intent: what, on what, how long, how it ended. Ids, names and sizes; never contents, links or comments.
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Drive, Item, Upload } from './drive.ts';
import { DriveError } from './drive-error.ts';
import { type CallMethod, type ReadArgs, type StreamMethod, wrapDrive } from './wrap-drive.ts';

const uploadText = ({ target, size }: Upload): string =>
  `${'parentId' in target ? `${target.parentId} '${target.name}'` : target.itemId} ${size} bytes`;

const subject = (method: CallMethod | StreamMethod, args: readonly unknown[]): string => {
  if (method === 'upload') return uploadText(args[0] as Upload);
  if (method === 'read') {
    const [item, { start, end }] = args as ReadArgs;
    return `${item.id} ${start}-${end}`;
  }
  if (method === 'changes') return '';
  if (method === 'move') return (args[0] as Item).id;
  const isNamed = method === 'makeFolder' && typeof args[1] === 'string';
  return `${typeof args[0] === 'string' ? args[0] : ''}${isNamed ? ` '${args[1]}'` : ''}`;
};

const failureText = (error: unknown): string => {
  if (!(error instanceof DriveError)) return error instanceof Error ? error.name : 'failed';
  return `${error.fault}${error.status === undefined ? '' : ` (${error.status})`}${error.ambiguous ? ', perhaps done' : ''}`;
};

class Line {
  readonly #start: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #text: string;

  constructor(clock: Clock, log: Log, text: string) {
    this.#clock = clock;
    this.#log = log;
    this.#text = text.trim();
    this.#start = clock.monotonic();
  }

  end(how: string): void {
    this.#log.debug(`drive: ${this.#text}: ${how}, ${Math.round(this.#clock.monotonic() - this.#start)} ms`);
  }
}

async function* tracedStream(line: Line, parts: AsyncIterable<unknown>): AsyncIterable<unknown> {
  let count = 0;
  let how = 'left';
  try {
    for await (const part of parts) {
      count += part instanceof Uint8Array ? part.length : 1;
      yield part;
    }
    how = 'done';
  } catch (error) {
    how = failureText(error);
    throw error;
  } finally {
    line.end(`${how} after ${count}`);
  }
}

export const withTrace = (drive: Drive, log: Log, clock: Clock = systemClock): Drive =>
  wrapDrive(drive, {
    call: async (method, args, run) => {
      const line = new Line(clock, log, `${method} ${subject(method, args)}`);
      try {
        const result = await run();
        line.end('done');
        return result;
      } catch (error) {
        line.end(failureText(error));
        throw error;
      }
    },
    stream: (method, args, open) =>
      tracedStream(new Line(clock, log, `${method} ${subject(method, args)}`), open(args)),
  });
