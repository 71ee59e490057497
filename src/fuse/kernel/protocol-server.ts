// The protocol without a device: requests come in as bytes, replies go out as bytes. Every request that waits for a reply
// gets exactly one. Owned by kernel-driver.ts.
import { constants } from 'node:os';
import type { Log } from '../../base/log.ts';
import type { FileSystem } from '../../fs/file-system.ts';
import { answer } from '../answer.ts';
import { MountError } from '../driver.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { Call, type Connection, SpareSignals } from './call.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import { agree, type InitIn, type Session } from './init.ts';
import type { Operation } from './operation.ts';
import { initOpcode, operations } from './operations.ts';
import type { Passthrough } from './passthrough.ts';
import { finishReply, type RequestHeader, readRequestHeader, requestHeaderSize, startReply } from './request-header.ts';

const { ENOSYS, EOPNOTSUPP, EIO } = constants.errno;

interface ProtocolServerOptions {
  /** Takes one whole reply: `head`, and `tail` right behind it. Never throws. */
  readonly send: (head: Uint8Array, tail: Uint8Array | undefined) => void;
  readonly log: Log;
  /** Writes a line for every request to the log, at level debug. */
  readonly trace: boolean;
  /** Used if the kernel can do it, too. */
  readonly passthrough?: Passthrough;
}

const unstarted: Session = {
  ...{ major: 0, minor: 0, maxReadahead: 0, flags: 0, furtherFlags: 0 },
  ...{ longSetxattr: false, passthrough: false },
};

const nameOf = ({ name }: Operation, { node }: RequestHeader): string => `fuse ${name} node ${node}`;

export class ProtocolServer implements Connection {
  readonly #fs: FileSystem;
  readonly #options: ProtocolServerOptions;
  readonly #calls = new CallsInFlight();
  readonly #signals = new SpareSignals();
  readonly #started: Promise<Session>;
  #settle: { resolve: (session: Session) => void; reject: (error: Error) => void } | undefined;
  #session = unstarted;

  constructor(fs: FileSystem, options: ProtocolServerOptions) {
    this.#fs = fs;
    this.#options = options;
    this.#started = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Resolves when both sides agreed on how to go on: from then on the mount answers. Rejects if they cannot agree. */
  get started(): Promise<Session> {
    return this.#started;
  }

  get session(): Session {
    return this.#session;
  }

  get passthrough(): Passthrough | undefined {
    return this.#session.passthrough ? this.#options.passthrough : undefined;
  }

  start(init: InitIn): Session {
    this.#session = agree(init, this.#options.passthrough !== undefined);
    return this.#session;
  }

  interrupt(unique: number): void {
    this.#calls.interrupt(unique);
  }

  /** Nobody waits for answers any more. */
  interruptAll(): void {
    this.#calls.interruptAll();
  }

  /**
   * Takes one whole request. `undefined`: its memory may be used again at once; else when the promise resolves. It never
   * rejects.
   */
  receive(request: Buffer): Promise<void> | undefined {
    if (request.length < requestHeaderSize) {
      this.#options.log.error(`a FUSE request of ${request.length} bytes has no header`);
      return undefined;
    }
    const header = readRequestHeader(new ByteReader(request));
    const end = Math.min(request.length, header.length) - header.extensions;
    const operation = operations.get(header.opcode);
    const early = this.#session === unstarted && header.opcode !== initOpcode;
    if (!operation || early || end < requestHeaderSize) {
      this.#refuse(header, operation ? EIO : ENOSYS);
      return undefined;
    }
    const served = this.#serve(operation, header, new ByteReader(request, requestHeaderSize, end));
    return operation.keepsRequest ? served : undefined;
  }

  #announce(agreed: boolean): void {
    if (agreed) this.#settle?.resolve(this.#session);
    else this.#settle?.reject(new MountError('the kernel speaks a version of FUSE that is too old'));
  }

  #refuse(header: RequestHeader, errno: number): void {
    if (operations.get(header.opcode)?.answered === false) return;
    if (this.#options.trace)
      this.#options.log.debug(`fuse opcode ${header.opcode} node ${header.node}: errno ${errno}`);
    this.#options.send(finishReply(startReply(0), header.unique, errno), undefined);
  }

  #serve(operation: Operation, header: RequestHeader, body: ByteReader): Promise<void> | undefined {
    const startedAt = this.#options.trace ? performance.now() : 0;
    const call = new Call(this.#fs, this, header, this.#signals);
    if (operation.answered) this.#calls.add(call);
    return answer(
      this.#options.log,
      () => nameOf(operation, header),
      () => operation.run(call, body),
      (given) => this.#served(operation, call, given.ok ? given.value : given.errno, startedAt),
    );
  }

  #served(operation: Operation, call: Call, given: ByteWriter | number, startedAt: number): void {
    const { header } = call;
    const { log, trace, send } = this.#options;
    this.#calls.delete(call);
    call.end();
    const [errno, reply] = typeof given === 'number' ? [given, startReply(0)] : [0, given];
    if (operation.answered) {
      // A row that answers ENOSYS would switch its whole opcode off, for as long as the mount lives.
      send(finishReply(reply, header.unique, errno === ENOSYS ? EOPNOTSUPP : errno), reply.tail);
    }
    if (header.opcode === initOpcode) this.#announce(errno === 0);
    if (trace)
      log.debug(`${nameOf(operation, header)}: ${errno || 'ok'} in ${(performance.now() - startedAt).toFixed(3)} ms`);
  }
}
