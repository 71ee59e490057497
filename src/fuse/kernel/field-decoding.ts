// Fields that many requests carry. What passes as a name here is what the FileSystem port calls a valid name.
import { FsError } from '../../base/errors.ts';
import type { HandleId, NodeId, Place } from '../../fs/file-system.ts';
import type { ByteReader } from './byte-reader.ts';
import type { Call } from './call.ts';

export const u32In = (body: ByteReader): number => body.u32();

export const u64In = (body: ByteReader): number => body.u64();

export const textIn = (body: ByteReader): string => body.text();

export const handleIn = (body: ByteReader): HandleId => body.u64() as HandleId;

/** The kernel resolves `.`, `..` and slashes by itself; a request with one of them is broken. */
export const nameIn = (body: ByteReader): string => {
  const name = body.text();
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw new FsError('EINVAL', `a request for the name '${name}'`);
  }
  return name;
};

export const placeIn = (body: ByteReader, parent: NodeId): Place => ({ parent, name: nameIn(body) });

/** A name in the folder that the request's header names. */
export const placeHere = (body: ByteReader, call: Call): Place => placeIn(body, call.node);
