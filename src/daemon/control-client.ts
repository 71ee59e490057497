// The commands' end of the control socket: finds the daemon of a mount and asks it one question.
import { createConnection, type Socket } from 'node:net';
import { isDead } from '../fuse/dead-mount.ts';
import type { OurMount } from './our-mounts.ts';
import {
  type Answers,
  type Ask,
  ControlError,
  encodeLine,
  protocolVersion,
  type Question,
  type Reply,
} from './protocol.ts';
import { socketPaths } from './runtime-folder.ts';

/** The mount is in the kernel's table, but nobody listens for commands. */
export class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
  /** Nobody serves it any more; else it is served by a process that takes no commands, perhaps through the library. */
  readonly dead: boolean;

  constructor(mountpoint: string, dead: boolean) {
    super(
      dead
        ? `the mount on ${mountpoint} is dead: the process that served it is gone; ` +
            `"skydrive unmount ${mountpoint}" clears it, or just mount it again: nothing that was saved is lost`
        : `the mount on ${mountpoint} is served by a process that takes no commands: end that process, ` +
            `or detach the mount with "skydrive unmount --now ${mountpoint}"`,
    );
    this.dead = dead;
  }
}

export interface AskOptions {
  /** Rejects with the signal's reason, and the daemon drops the question. */
  readonly signal?: AbortSignal;
  /** How long the answer may take; for ever if undefined. */
  readonly timeoutMs?: number;
}

const connect = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else if (error.code === 'EACCES') reject(new ControlError('the mount belongs to another user', { cause: error }));
      else reject(error);
    });
  });

const connectToAny = async (paths: readonly string[]): Promise<Socket | undefined> => {
  for (const path of paths) {
    const socket = await connect(path);
    if (socket !== undefined) return socket;
  }
  return undefined;
};

const collect = (socket: Socket): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    socket.once('end', () => resolve(text));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });

const parseReply = <A extends Ask>(text: string): Answers[A] => {
  if (!text.endsWith('\n')) throw new ControlError('the mount ended before it answered; its log says why');
  const reply = JSON.parse(text) as Reply<A>;
  if ('failure' in reply) throw new ControlError(reply.failure.message, { kind: reply.failure.kind });
  return reply.answer;
};

const converse = async <A extends Ask>(
  socket: Socket,
  question: Question,
  options: AskOptions,
): Promise<Answers[A]> => {
  const limit = options.timeoutMs === undefined ? [] : [AbortSignal.timeout(options.timeoutMs)];
  const signal = AbortSignal.any([...limit, ...(options.signal === undefined ? [] : [options.signal])]);
  const stop = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', stop);
  try {
    const text = collect(socket);
    socket.write(encodeLine(question));
    const reply = await text;
    if (options.signal?.aborted) throw options.signal.reason;
    if (signal.aborted) throw new ControlError('the mount does not answer in time');
    return parseReply<A>(reply);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
};

/** An UnansweredError if no process listens for commands; a ControlError if it refuses. */
export const askDaemon = async <A extends Ask>(
  mount: OurMount,
  question: { readonly ask: A } & Omit<Question, 'v' | 'ask'>,
  options: AskOptions = {},
): Promise<Answers[A]> => {
  const socket = await connectToAny(socketPaths(mount.mountpoint, mount.uid));
  if (socket === undefined) throw new UnansweredError(mount.mountpoint, await isDead(mount.mountpoint));
  return converse<A>(socket, { v: protocolVersion, ...question }, options);
};
