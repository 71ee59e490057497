// The daemon's end of the control socket. A question whose asker hung up is aborted; answers never leave out an error.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../base/log.ts';
import { type ControlError, decodeQuestion, encodeLine, protocolVersion, type Question } from './protocol.ts';

/** Answers one question; rejects with anything. */
export type Respond = (question: Question, signal: AbortSignal) => Promise<unknown>;

export interface ControlServer {
  /** Takes no more questions; resolves when those under way are answered, or soon after: an answer may never come. */
  close(): Promise<void>;
}

/** A question is short: whoever sends more than this without a line's end speaks something else. */
const longestQuestion = 65_536;

/** How long `close` waits for answers to be taken. */
const partingMs = 2000;

const firstLine = (socket: Socket, onLine: (line: string) => void): void => {
  let text = '';
  const onData = (piece: string): void => {
    text += piece;
    const end = text.indexOf('\n');
    if (end < 0 && text.length > longestQuestion) socket.destroy();
    if (end < 0) return;
    socket.off('data', onData);
    // Keeps reading, because only a socket that is read notices that the other side hung up.
    socket.resume();
    onLine(text.slice(0, end));
  };
  socket.setEncoding('utf8').on('data', onData);
};

const serve = (socket: Socket, respond: Respond, describe: (error: unknown) => ControlError, log: Log): void => {
  const hungUp = new AbortController();
  socket.on('error', () => hungUp.abort());
  socket.on('close', () => hungUp.abort());
  firstLine(socket, (line) => {
    void (async () => {
      try {
        const answer = await respond(decodeQuestion(line), hungUp.signal);
        socket.end(encodeLine({ v: protocolVersion, answer: answer as never }));
      } catch (error) {
        if (hungUp.signal.aborted) return;
        log.debug(`control: ${line} failed: ${(error as Error).message}`);
        const { kind, message } = describe(error);
        socket.end(encodeLine({ v: protocolVersion, failure: { kind, message } }));
      }
    })();
  });
};

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });

/**
 * Listens at `path`, in a folder that only the user can enter. What is there already belonged to a process that was
 * killed: the caller has made sure that nobody serves this mountpoint.
 */
export const openControlServer = async (
  path: string,
  respond: Respond,
  describe: (error: unknown) => ControlError,
  log: Log,
): Promise<ControlServer> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, respond, describe, log);
  });
  rmSync(path, { force: true });
  await listen(server, path);
  chmodSync(path, 0o600);
  server.on('error', (error) => log.warn('control socket', error));
  return {
    close: () =>
      new Promise((resolve) => {
        const parting = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, partingMs);
        server.close(() => {
          clearTimeout(parting);
          resolve();
        });
      }),
  };
};
