// One row of the protocol's table: how a request is decoded, whom it asks, how the answer is encoded.
import { type Soon, whenThere } from '../../base/soon.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Call } from './call.ts';
import { startReply } from './request-header.ts';

interface Traits {
  /** False: the kernel waits for no reply and would refuse one. */
  readonly answered?: boolean;
  /** True: what was decoded points into the request's memory, which must stay untouched until the operation is over. */
  readonly keepsRequest?: boolean;
}

export interface Operation {
  readonly name: string;
  readonly answered: boolean;
  readonly keepsRequest: boolean;
  /** Reads all of `body` before it returns. The reply, or the errno that is one. Throws, or rejects with, whatever the file system threw. */
  run(call: Call, body: ByteReader): Soon<ByteWriter | number>;
}

/** Opcode and operation. */
export type Row = readonly [number, Operation];

const usualReply = 160;

type Decode<In> = (body: ByteReader, call: Call) => In;
type Encode<Out> = (out: Out, reply: ByteWriter) => void;

const encoded = <Out>(encode: Encode<Out>, out: Out): ByteWriter => {
  const reply = startReply(usualReply);
  encode(out, reply);
  return reply;
};

const withTraits = (name: string, traits: Traits): Omit<Operation, 'run'> => ({
  name,
  answered: traits.answered ?? true,
  keepsRequest: traits.keepsRequest ?? false,
});

export const operation = <In, Out>(
  name: string,
  decode: Decode<In>,
  ask: (call: Call, input: In) => Soon<Out>,
  encode: Encode<Out>,
  traits: Traits = {},
): Operation => ({
  ...withTraits(name, traits),
  run: (call, body) => whenThere(ask(call, decode(body, call)), (out) => encoded(encode, out)),
});

/**
 * An operation whose answer may be that there is nothing: the errno `absent`, which is not thrown. Programs ask for what is not there
 * before each file that they make, and an exception costs several times what such a question does.
 */
export const search = <In, Out>(
  name: string,
  decode: Decode<In>,
  ask: (call: Call, input: In) => Soon<Out | undefined>,
  encode: Encode<Out>,
  absent: number,
): Operation => ({
  ...withTraits(name, {}),
  run: (call, body) =>
    whenThere(ask(call, decode(body, call)), (out) => (out === undefined ? absent : encoded(encode, out))),
});

/** Decodes a request whose header says it all. */
export const nothing = (): void => {};

/** Encodes an answer that is only "done". */
export const noBody = (): void => {};
