// Rows for extended attributes. A request of size 0 asks how large the answer would be; a buffer too small is ERANGE.
import { constants } from 'node:os';
import { FsError } from '../../base/errors.ts';
import { type Soon, whenThere } from '../../base/soon.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Call } from './call.ts';
import { textIn, u32In } from './field-decoding.ts';
import { noBody, operation, type Row, search } from './operation.ts';

const setxattrIn = (body: ByteReader, call: Call) => {
  const [size, flags] = [body.u32(), body.u32()];
  if (call.connection.session.longSetxattr) body.skip(8);
  const name = body.text();
  // A copy: the request's memory is used again while the file system may still hold the value.
  return { name, value: Uint8Array.from(body.bytes(size)), flags };
};

interface Wanted {
  readonly name: string;
  readonly size: number;
}

const getxattrIn = (body: ByteReader): Wanted => {
  const size = body.u32();
  body.skip(4);
  return { size, name: body.text() };
};

interface Answer {
  readonly value: Uint8Array;
  readonly size: number;
}

const answerOut = ({ value, size }: Answer, reply: ByteWriter): void => {
  if (size === 0) {
    reply.u32(value.length).u32(0);
    return;
  }
  if (value.length > size) throw new FsError('ERANGE', `${value.length} bytes of attributes do not fit into ${size}`);
  reply.attach(value);
};

/** What the kernel asks for before the first write to a file. Nothing on a drive has it. */
const capabilities = 'security.capability';

const getxattr = (call: Call, { name, size }: Wanted): Soon<Answer | undefined> =>
  name === capabilities
    ? undefined
    : whenThere(call.fs.getxattr(call.node, name, call.signal), (value) => ({ value, size }));

const listxattr = async (call: Call, size: number): Promise<Answer> => {
  const names = await call.fs.listxattr(call.node, call.signal);
  return { value: Buffer.from(names.map((name) => `${name}\0`).join('')), size };
};

export const xattrOperations: readonly Row[] = [
  [21, operation('setxattr', setxattrIn, (c, x) => c.fs.setxattr(c.node, x.name, x.value, x.flags, c.signal), noBody)],
  [22, search('getxattr', getxattrIn, getxattr, answerOut, constants.errno.EOPNOTSUPP)],
  [23, operation('listxattr', u32In, listxattr, answerOut)],
  [24, operation('removexattr', textIn, (c, name) => c.fs.removexattr(c.node, name, c.signal), noBody)],
];
