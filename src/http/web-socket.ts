// The client's side of a WebSocket (RFC 6455): texts both ways, as much as notifications need. No redirect is followed, and no token
// is sent: the address itself is the permission. What is opened ends when its signal is aborted, at the latest.
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { agentForOne } from './connections.ts';
import { HttpFailure } from './http-failure.ts';

export interface WebSocketConnection {
  send(text: string): void;
  close(): void;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly ended: Promise<void>;
}

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const longestMessage = 2 ** 20;
const openMs = 15_000;
const opcodes = { more: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

/** Clients mask what they send. */
const masked = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  const hidden = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([head, mask, hidden]);
};

interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
  /** Bytes that it took. */
  readonly size: number;
}

const sizesOf = (bytes: Buffer): { readonly start: number; readonly length: number } | undefined => {
  const short = (bytes[1] ?? 0) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  if (start === 2) return { start, length: short };
  return { start, length: start === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)) };
};

/** The first frame; undefined: more bytes are needed. Throws for what no server may send. */
const firstFrame = (bytes: Buffer): Frame | undefined => {
  const sizes = bytes.length < 2 ? undefined : sizesOf(bytes);
  if (sizes === undefined) return undefined;
  const { start, length } = sizes;
  if (length > longestMessage || ((bytes[1] ?? 0) & 0x80) !== 0) throw new RangeError('a frame that makes no sense');
  if (bytes.length < start + length) return undefined;
  const first = bytes[0] ?? 0;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload, size: start + length };
};

class Connection implements WebSocketConnection {
  readonly ended: Promise<void>;
  readonly #socket: Duplex;
  readonly #hear: (text: string) => void;
  #waiting: Buffer = Buffer.alloc(0);
  #message: Buffer | undefined;

  constructor(socket: Duplex, hear: (text: string) => void) {
    this.#socket = socket;
    this.#hear = hear;
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (bytes: Buffer) => this.take(bytes));
    socket.on('error', () => socket.destroy());
  }

  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text));
  }

  close(): void {
    this.#write(opcodes.close, Buffer.from([0x03, 0xe8]));
    this.#socket.destroy();
  }

  take(bytes: Buffer): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    try {
      for (let frame = firstFrame(this.#waiting); frame !== undefined; frame = firstFrame(this.#waiting)) {
        this.#waiting = this.#waiting.subarray(frame.size);
        this.#took(frame);
      }
    } catch {
      this.#socket.destroy();
    }
  }

  #took({ opcode, isLast, payload }: Frame): void {
    if (opcode === opcodes.close) this.close();
    else if (opcode === opcodes.ping) this.#write(opcodes.pong, payload);
    else if (opcode === opcodes.text || opcode === opcodes.more) this.#tookText(opcode, isLast, payload);
  }

  #tookText(opcode: number, isLast: boolean, payload: Buffer): void {
    if (opcode === opcodes.text) this.#message = payload;
    else if (this.#message !== undefined) this.#message = Buffer.concat([this.#message, payload]);
    if ((this.#message?.length ?? 0) > longestMessage) throw new RangeError('a message that is too long');
    if (!isLast || this.#message === undefined) return;
    const text = this.#message.toString('utf8');
    this.#message = undefined;
    this.#hear(text);
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#socket.writable) this.#socket.write(masked(opcode, payload));
  }
}

const isAccepted = ({ headers }: IncomingMessage, key: string): boolean =>
  headers['sec-websocket-accept'] === createHash('sha1').update(`${key}${guid}`).digest('base64');

/** `url` with https or http. Resolves when the server has agreed. Rejects with an HttpFailure that does not name the address. */
export const openWebSocket = async (
  url: URL,
  hear: (text: string) => void,
  signal: AbortSignal,
): Promise<WebSocketConnection> => {
  const key = randomBytes(16).toString('base64');
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-key': key, 'sec-websocket-version': '13' },
  };
  const fail = (trouble: 'unreached' | 'garbled', why: string): HttpFailure =>
    new HttpFailure(trouble, `socket of ${url.host}: ${why}`, { sent: false });
  const agent = await agentForOne(url);
  return await new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { headers, signal, agent });
    request.setTimeout(openMs, () => request.destroy(new Error('it does not answer')));
    request.once('error', (error) => reject(fail('unreached', error.message)));
    request.once('response', (answer) => {
      answer.resume();
      request.destroy();
      reject(fail('garbled', `the server answers ${answer.statusCode}`));
    });
    request.once('upgrade', (answer, socket, head) => {
      if (!isAccepted(answer, key)) {
        socket.destroy();
        reject(fail('garbled', 'the server agrees to something else'));
        return;
      }
      socket.setTimeout(0);
      const connection = new Connection(socket, hear);
      resolve(connection);
      // What came with the answer is heard after whoever asked knows the connection.
      setImmediate(() => connection.take(head));
    });
    request.end();
  });
};
