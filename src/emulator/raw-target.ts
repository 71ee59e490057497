// Request lines that the real service took and Node's parser refuses: raw UTF-8 or blanks in the address (curl sends them), and the
// method BITS_POST. Such a request is put right and sent again over a connection to ourselves. Owned by http-server.ts.
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

interface ParserFailure extends Error {
  readonly code?: string;
  /** Everything that came together with the byte at which the parser gave up. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

const requestLine = /^([A-Z_]+) (.+) (HTTP\/1\.[01])\r?$/;
const unusual = /[\x20\x80-\xff]/g;

/** The packet with a proper request line; undefined: something else is wrong with it. */
const repaired = (failure: ParserFailure): Buffer | undefined => {
  const { rawPacket, bytesParsed = 0, code = '' } = failure;
  const end = rawPacket?.indexOf(10) ?? -1;
  // Behind the first line the parser has acted on what came before; sending that again would repeat it.
  if (rawPacket === undefined || end < 0 || bytesParsed > end || !code.startsWith('HPE_')) return undefined;
  const [, method = '', target = '', version] = requestLine.exec(rawPacket.toString('latin1', 0, end)) ?? [];
  const isBits = method === 'BITS_POST';
  if (!isBits && target.search(unusual) < 0) return undefined;
  const escaped = target.replace(unusual, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  // One request per rescue: the next one would need another, inside of this.
  const added = `Connection: close\r\n${isBits ? 'X-Http-Method-Override: BITS_POST\r\n' : ''}`;
  const line = `${isBits ? 'POST' : method} ${escaped} ${version}\r\n${added}`;
  return Buffer.concat([Buffer.from(line, 'latin1'), rawPacket.subarray(end + 1)]);
};

/** True: the request is on its way in a form that the parser takes, and the connection goes on. */
export const rescueRawTarget = (failure: Error, socket: Duplex, own: { host: string; port: number }): boolean => {
  const packet = repaired(failure);
  if (packet === undefined) return false;
  const inner: Socket = 'encrypted' in socket ? connectTls({ ...own, rejectUnauthorized: false }) : connect(own);
  // The parser that failed must not see another byte, nor the end.
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  inner.write(packet);
  socket.pipe(inner).pipe(socket);
  inner.once('error', () => socket.destroy());
  inner.once('close', () => socket.destroy());
  socket.once('close', () => inner.destroy());
  return true;
};
