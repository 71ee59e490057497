// One row of the protocol's table: how a request is decoded, whom it asks, how the answer is encoded.
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
  /** Reads all of `body` before its first wait. Rejects with whatever the file system threw. */
  run(call: Call, body: ByteReader): Promise<ByteWriter>;
}

/** Opcode and operation. */
export type Row = readonly [number, Operation];

const usualReply = 160;

export const operation = <In, Out>(
  name: string,
  decode: (body: ByteReader, call: Call) => In,
  ask: (call: Call, input: In) => Out | Promise<Out>,
  encode: (out: Out, reply: ByteWriter) => void,
  traits: Traits = {},
): Operation => ({
  name,
  answered: traits.answered ?? true,
  keepsRequest: traits.keepsRequest ?? false,
  run: async (call, body) => {
    const out = await ask(call, decode(body, call));
    const reply = startReply(usualReply);
    encode(out, reply);
    return reply;
  },
});

/** Decodes a request whose header says it all. */
export const nothing = (): void => {};

/** Encodes an answer that is only "done". */
export const noBody = (): void => {};
