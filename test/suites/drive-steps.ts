// The steps that tests of a Drive are made of: put, read back, list, and failing with the right fault.
import assert from 'node:assert/strict';
import type { Drive, Item, ItemId } from '../../src/drive/drive.ts';
import type { Fault } from '../../src/drive/drive-error.ts';
import { DriveError } from '../../src/drive/drive-error.ts';

export interface DriveUnderTest {
  readonly drive: Drive;
  /** The same drive in the hands of another client. */
  readonly another: Drive;
  close?(): Promise<void>;
}

interface Place extends DriveUnderTest {
  /** An empty folder for the test. */
  readonly folder: Item;
}

export type DriveTests = Record<string, (place: Place) => Promise<void>>;

export const fails = async (promise: Promise<unknown>, fault: Fault): Promise<DriveError> => {
  let caught: unknown;
  await assert.rejects(promise, (error) => {
    caught = error;
    assert.ok(error instanceof DriveError, `expected a DriveError, got ${error}`);
    assert.equal(error.fault, fault, error.message);
    return true;
  });
  return caught as DriveError;
};

export const textBody = (text: string): ((offset: number) => AsyncIterable<Uint8Array>) =>
  async function* (offset) {
    yield Buffer.from(text).subarray(offset);
  };

export const put = (drive: Drive, parent: Item, name: string, text: string): Promise<Item> =>
  drive.upload({
    target: { parentId: parent.id, name },
    size: Buffer.byteLength(text),
    modified: 1_700_000_000_000,
    body: textBody(text),
  });

export const replace = (drive: Drive, item: Item, text: string, ifVersion?: string): Promise<Item> =>
  drive.upload({
    target: { itemId: item.id, ...(ifVersion === undefined ? {} : { ifVersion }) },
    size: Buffer.byteLength(text),
    modified: 1_700_000_001_000,
    body: textBody(text),
  });

export const collect = async (pieces: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
};

export const textOf = async (drive: Drive, item: Item, start = 0, end = item.size): Promise<string> =>
  (await collect(drive.read(item, { start, end }))).toString();

export const list = async (drive: Drive, id: ItemId): Promise<Item[]> => {
  const found = new Map<ItemId, Item>();
  for await (const page of drive.children(id)) for (const item of page) found.set(item.id, item);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
};

export const names = async (drive: Drive, id: ItemId): Promise<string[]> =>
  (await list(drive, id)).map((item) => item.name);
