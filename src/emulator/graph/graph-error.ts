// Errors in the words of Graph (docs/graph-drive.md, 17). Handlers throw a GraphError; graph-api.ts makes the answer of it, because the
// ids of the request belong into its body.
import { DriveFault, type DriveFaultReason } from '../drive-item.ts';
import type { Reply } from '../reply.ts';
import { graphReply } from './graph-json.ts';

export interface GraphErrorDetails {
  /** The more specific code inside. */
  readonly inner?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly status: number;
  readonly code: string;
  readonly details: GraphErrorDetails;

  constructor(status: number, code: string, message: string, details: GraphErrorDetails = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export const itemNotFound = (): GraphError => new GraphError(404, 'itemNotFound', 'The resource could not be found.');

export const invalidRequest = (message: string, inner?: string): GraphError =>
  new GraphError(400, 'invalidRequest', message, inner === undefined ? {} : { inner });

export const accessDenied = (message = 'Access denied'): GraphError => new GraphError(403, 'accessDenied', message);

export const nameTaken = (): GraphError =>
  new GraphError(409, 'nameAlreadyExists', 'An item with the same name already exists under the parent');

export const resourceModified = (): GraphError =>
  new GraphError(412, 'resourceModified', "ETag does not match current item's value", {
    inner: 'entityTagDoesNotMatch',
  });

export const notSupported = (message: string): GraphError => new GraphError(400, 'notSupported', message);

const faults: Readonly<Record<DriveFaultReason, (message: string) => GraphError>> = {
  'bad-name': () =>
    invalidRequest('The provided name cannot contain any of the following characters or is reserved.', 'invalidPath'),
  'name-taken': nameTaken,
  missing: itemNotFound,
  'not-a-folder': () => invalidRequest('The parent is not a folder.'),
  'not-a-file': () => new GraphError(409, 'nameAlreadyExists', 'The item is not a file.'),
  full: () => new GraphError(507, 'quotaLimitReached', 'Insufficient Space Available'),
  'into-itself': () => invalidRequest('Destination cannot be a child of the source item.'),
  'is-root': () => invalidRequest('The root folder cannot be changed in this way.'),
};

/** What the client is told of a failure; undefined: it isn't one that a client can cause. */
export const asGraphError = (error: unknown): GraphError | undefined => {
  if (error instanceof GraphError) return error;
  return error instanceof DriveFault ? faults[error.reason](error.message) : undefined;
};

export interface RequestIds {
  readonly request: string;
  readonly client: string;
  readonly atMs: number;
}

export const errorReply = (error: GraphError, ids: RequestIds): Reply => {
  const { inner, headers = {} } = error.details;
  const innerError = {
    ...(inner === undefined ? {} : { code: inner }),
    date: new Date(ids.atMs).toISOString().slice(0, 19),
    'request-id': ids.request,
    'client-request-id': ids.client,
  };
  return graphReply(error.status, { error: { code: error.code, message: error.message, innerError } }, headers);
};
