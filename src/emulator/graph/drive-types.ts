// What kind of drive each account has in the eyes of Graph, and the ids that follow from it (docs/graph-drive.md, 3). Numbers are the
// drive's own, so an id here and an id of the live dialect name the same item. Owned by graph-services.ts.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { type Account, type Accounts, canonicalUid } from '../accounts.ts';
import type { ItemNumber } from '../drive-item.ts';
import { rootNumber } from '../drive-tree.ts';
import type { DriveType } from '../emulator-options.ts';
import type { RecordLog, RecordTable } from '../record-log.ts';

/** What a drive's ids look like: `CID!123`, or since the accounts were migrated `CID!s` and 32 hex digits. */
export type IdStyle = 'old' | 'migrated';

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const toBase32 = (bytes: Uint8Array): string => {
  let bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let text = '';
  for (; bits !== ''; bits = bits.slice(5)) text += base32[Number.parseInt(bits.slice(0, 5).padEnd(5, '0'), 2)] ?? '';
  return text;
};

const fromBase32 = (text: string): Buffer => {
  const bits = [...text].map((letter) => base32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
};

const secretOf = (uid: string): Buffer => createHash('sha512').update(`drive ${uid}`).digest();

/** Sixteen bytes that stand for the number in this drive; the service's ids can't be read either. */
const sealed = (uid: string, number: ItemNumber): Buffer => {
  const block = Buffer.alloc(16);
  block.writeBigUInt64BE(BigInt(number), 8);
  const cipher = createCipheriv('aes-128-ecb', secretOf(uid).subarray(0, 16), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
};

const unsealed = (uid: string, bytes: Buffer): ItemNumber | undefined => {
  if (bytes.length !== 16) return undefined;
  const decipher = createDecipheriv('aes-128-ecb', secretOf(uid).subarray(0, 16), null).setAutoPadding(false);
  const block = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const number = Number(block.readBigUInt64BE(8));
  return block.readBigUInt64BE(0) === 0n && Number.isSafeInteger(number) ? number : undefined;
};

/** `{XXXXXXXX-XXXX-…}` inside, as SharePoint's tags have it. */
export const guidOf = (uid: string, number: ItemNumber): string => {
  const hex = sealed(uid, number).toString('hex').toUpperCase();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

export class DriveTypes {
  readonly #types: RecordTable<string, DriveType>;
  readonly #accounts: Accounts;
  readonly #fallback: () => DriveType;
  readonly #style: (number: ItemNumber) => IdStyle;
  readonly #businessIds = new Map<string, string>();

  constructor(parts: {
    log: RecordLog;
    accounts: Accounts;
    fallback: () => DriveType;
    style: (number: ItemNumber) => IdStyle;
  }) {
    this.#types = parts.log.table('graph-drive-types');
    this.#accounts = parts.accounts;
    this.#fallback = parts.fallback;
    this.#style = parts.style;
  }

  of(uid: string): DriveType {
    return this.#types.get(uid) ?? this.#fallback();
  }

  set(uid: string, type: DriveType): void {
    this.#types.set(uid, type);
  }

  isPersonal(uid: string): boolean {
    return this.of(uid) === 'personal';
  }

  driveId(uid: string): string {
    return this.isPersonal(uid) ? uid : this.#businessId(uid);
  }

  /** The owner of the drive with that id, in any case. */
  owner(driveId: string): Account | undefined {
    const uid = canonicalUid(driveId);
    const personal = uid === undefined ? undefined : this.#accounts.byUid(uid);
    if (personal !== undefined) return personal;
    return this.#accounts.list().find((account) => this.#businessId(account.uid) === driveId);
  }

  itemId(uid: string, number: ItemNumber): string {
    if (!this.isPersonal(uid)) {
      return `01${toBase32(Buffer.concat([secretOf(uid).subarray(16, 20), sealed(uid, number)]))}`;
    }
    const cid = uid.toUpperCase();
    return this.#style(number) === 'migrated' ? `${cid}!s${sealed(uid, number).toString('hex')}` : `${cid}!${number}`;
  }

  /** The number behind an id of that drive, in whatever form it was once handed out; undefined: it is no id of this drive. */
  itemNumber(uid: string, id: string): ItemNumber | undefined {
    const [, cid = '', number = '', hex = ''] = /^([0-9a-f]{1,16})!(?:(\d{1,15})|s([0-9a-f]{32}))$/i.exec(id) ?? [];
    if (cid !== '' && canonicalUid(cid) !== uid) return undefined;
    // After the migration the root answers to its new id alone.
    if (number !== '')
      return this.#style(rootNumber) === 'migrated' && Number(number) === rootNumber ? undefined : Number(number);
    if (hex !== '') return unsealed(uid, Buffer.from(hex, 'hex'));
    const [, letters] = /^01([A-Z2-7]{32})$/.exec(id) ?? [];
    if (letters === undefined) return undefined;
    const bytes = fromBase32(letters);
    return bytes.subarray(0, 4).equals(secretOf(uid).subarray(16, 20)) ? unsealed(uid, bytes.subarray(4)) : undefined;
  }

  #businessId(uid: string): string {
    const known = this.#businessIds.get(uid);
    if (known !== undefined) return known;
    const made = `b!${createHash('sha384').update(`drive ${uid}`).digest('base64url')}`;
    this.#businessIds.set(uid, made);
    return made;
  }
}
