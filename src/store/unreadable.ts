/** Exit code of read-all.ts: what the file holds makes no sense. */
export const unreadable = 3;
