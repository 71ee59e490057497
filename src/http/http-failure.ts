// How an exchange fails before there is an answer to judge. A status is never a failure here: what it means is the
// dialect's business. Messages and causes hold neither headers nor queries, so they can be logged.

/**
 * - `unreached`: no connection; the server has seen nothing of the request
 * - `lost`: the connection broke or stalled before the answer was complete
 * - `garbled`: what came is no usable answer (not HTTP, too long, redirected in circles)
 */
export type HttpTrouble = 'unreached' | 'lost' | 'garbled';

export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly trouble: HttpTrouble;
  /** The whole request was handed to the connection: the server may have acted on it. */
  readonly sent: boolean;

  constructor(trouble: HttpTrouble, message: string, options: ErrorOptions & { readonly sent: boolean }) {
    super(message, options);
    this.trouble = trouble;
    this.sent = options.sent;
  }
}

/** The body that the caller gave has another length than announced; the request was broken off. */
export class BodyLengthError extends Error {
  override readonly name = 'BodyLengthError';
}
