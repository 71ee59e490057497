// Positions in the change feed, as text that clients pass back unread. They name the drive and say all that is needed, so they survive
// restarts; a page in progress is a position too (docs/graph-drive.md, 11).
import type { ItemNumber } from '../drive-item.ts';

export interface DeltaPosition {
  readonly uid: string;
  /** The folder whose feed it is. */
  readonly folder: ItemNumber;
  /** Changes up to this one are known; 0: nothing is, so deletions aren't told. */
  readonly since: number;
  /** Of a page in progress: where the feed stood when its first page was asked for, and the last item that was told. */
  readonly page?: { readonly upTo: number; readonly after: ItemNumber };
  /** Raised by every resync; older positions are gone. */
  readonly generation: number;
}

const prefix = 'aTE09';

export const writeToken = ({ uid, folder, since, page, generation }: DeltaPosition): string => {
  const fields = [uid, folder, since, generation, ...(page === undefined ? [] : [page.upTo, page.after])];
  // A semicolon and a percent sign, which clients that rebuild the link get wrong, are in real tokens.
  return `${prefix};%${Buffer.from(fields.join(';')).toString('base64url')}`;
};

/** Undefined: it is no token. */
export const readToken = (text: string): DeltaPosition | undefined => {
  const [, coded] = /^aTE09;%([\w-]+)$/.exec(text) ?? [];
  const [uid = '', ...fields] = Buffer.from(coded ?? '', 'base64url')
    .toString()
    .split(';');
  const [folder, since, generation, upTo, after] = fields.map(Number);
  if (uid === '' || folder === undefined || since === undefined || generation === undefined) return undefined;
  if (fields.some((field) => !/^\d+$/.test(field))) return undefined;
  const page = upTo === undefined || after === undefined ? {} : { page: { upTo, after } };
  return { uid, folder, since, generation, ...page };
};
