// The table of the protocol: opcode (enum fuse_opcode) -> operation. What has no row is answered ENOSYS; the kernel then
// does it in its own way and asks no more (locks, poll, ioctl, statx, tmpfile).
import { u64In } from './field-decoding.ts';
import { fileOperations } from './file-operations.ts';
import { folderOperations } from './folder-operations.ts';
import { initIn, initOut } from './init.ts';
import { nameOperations } from './name-operations.ts';
import { nodeOperations } from './node-operations.ts';
import { noBody, nothing, type Operation, operation, type Row } from './operation.ts';
import { xattrOperations } from './xattr-operations.ts';

export const initOpcode = 26;

const connectionOperations: readonly Row[] = [
  [initOpcode, operation('init', initIn, (c, init) => c.connection.start(init), initOut)],
  [36, operation('interrupt', u64In, (c, unique) => c.connection.interrupt(unique), noBody, { answered: false })],
  [38, operation('destroy', nothing, nothing, noBody)],
];

export const operations: ReadonlyMap<number, Operation> = new Map([
  ...connectionOperations,
  ...nodeOperations,
  ...nameOperations,
  ...fileOperations,
  ...folderOperations,
  ...xattrOperations,
]);
