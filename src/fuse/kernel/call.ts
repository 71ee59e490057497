// One request while it is being served: who asks about which node, and whether they still want to know.
import { getEventListeners } from 'node:events';
import type { Caller, FileSystem, NodeId } from '../../fs/file-system.ts';
import type { InitIn, Session } from './init.ts';
import type { Passthrough } from './passthrough.ts';
import type { RequestHeader } from './request-header.ts';

/** What a request may do to the connection that it came through. */
export interface Connection {
  readonly session: Session;
  /** Present where complete contents may be handed to the kernel. */
  readonly passthrough: Passthrough | undefined;
  start(init: InitIn): Session;
  /** The request of that number is wanted no more; it may not have come yet, or be answered already. */
  interrupt(unique: number): void;
}

const mostSpare = 64;

/** Signals that nobody was told through, and nobody listens to any more. Making one takes 1.8 µs and more, and leaves the garbage collector work. */
export class SpareSignals {
  readonly #spare: AbortController[] = [];

  take(): AbortController {
    return this.#spare.pop() ?? new AbortController();
  }

  giveBack(controller: AbortController): void {
    const isFree = !controller.signal.aborted && getEventListeners(controller.signal, 'abort').length === 0;
    if (isFree && this.#spare.length < mostSpare) this.#spare.push(controller);
  }
}

export class Call {
  readonly fs: FileSystem;
  readonly connection: Connection;
  readonly header: RequestHeader;
  readonly #signals: SpareSignals;
  #controller: AbortController | undefined;
  #interrupted = false;

  constructor(fs: FileSystem, connection: Connection, header: RequestHeader, signals: SpareSignals) {
    this.#signals = signals;
    this.fs = fs;
    this.connection = connection;
    this.header = header;
  }

  get node(): NodeId {
    return this.header.node;
  }

  get caller(): Caller {
    const { uid, gid, pid } = this.header;
    return { uid, gid, pid };
  }

  /** Only good while the request is being served. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = this.#signals.take();
      if (this.#interrupted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** It has been served. */
  end(): void {
    if (this.#controller) this.#signals.giveBack(this.#controller);
    this.#controller = undefined;
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#controller?.abort();
  }
}
