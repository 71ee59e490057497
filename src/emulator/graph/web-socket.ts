// The server's side of a WebSocket (RFC 6455), text frames only: as much as socket.io needs. Owned by socket-io.ts.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const longestFrame = 1024 * 1024;

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

const frame = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
};

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Bytes that it took. */
  readonly size: number;
}

/** Length of the payload and where it is said to begin; undefined: more bytes are needed. */
const lengthOf = (bytes: Buffer): { readonly length: number; readonly at: number } | undefined => {
  const short = (bytes[1] ?? 0) & 0x7f;
  if (short < 126) return { length: short, at: 2 };
  const at = short === 126 ? 4 : 10;
  if (bytes.length < at) return undefined;
  return { length: short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)), at };
};

/** The first frame; undefined: it isn't complete. Clients mask what they send. */
const firstFrame = (bytes: Buffer): Frame | undefined => {
  if (bytes.length < 2) return undefined;
  const known = lengthOf(bytes);
  if (known === undefined) return undefined;
  const { length, at } = known;
  if (length > longestFrame) throw new RangeError('the frame is too long');
  const masked = ((bytes[1] ?? 0) & 0x80) !== 0;
  const start = masked ? at + 4 : at;
  if (bytes.length < start + length) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (masked)
    for (let index = 0; index < length; index += 1)
      payload[index] = (payload[index] ?? 0) ^ (bytes[at + (index % 4)] ?? 0);
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, size: start + length };
};

export class WebSocketPeer {
  readonly #socket: Duplex;
  #waiting: Buffer = Buffer.alloc(0);

  /** Answers the upgrade; `hear` gets every text, `gone` is called once. */
  constructor(request: IncomingMessage, socket: Duplex, hear: (text: string) => void, gone: () => void) {
    this.#socket = socket;
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1').update(`${key}${guid}`).digest('base64');
    const head = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.on('data', (bytes: Buffer) => this.#take(bytes, hear));
    socket.once('close', gone);
    socket.on('error', () => socket.destroy());
  }

  send(text: string): void {
    if (this.#socket.writable) this.#socket.write(frame(opcodes.text, Buffer.from(text)));
  }

  close(): void {
    if (this.#socket.writable) this.#socket.end(frame(opcodes.close, Buffer.from([0x03, 0xe8])));
  }

  #take(bytes: Buffer, hear: (text: string) => void): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    try {
      for (let found = firstFrame(this.#waiting); found !== undefined; found = firstFrame(this.#waiting)) {
        this.#waiting = this.#waiting.subarray(found.size);
        if (found.opcode === opcodes.text) hear(found.payload.toString('utf8'));
        if (found.opcode === opcodes.ping) this.#socket.write(frame(opcodes.pong, found.payload));
        if (found.opcode === opcodes.close) this.close();
      }
    } catch {
      this.#socket.destroy();
    }
  }
}
