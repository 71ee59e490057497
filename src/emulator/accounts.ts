// Who can sign in, and the drive of each. Accounts are made on first use of a name, like everything here they survive a restart.
// Owned by emulator.ts.
import { randomBytes } from 'node:crypto';
import type { DriveParts } from './drive-state.ts';
import { DriveState } from './drive-state.ts';
import type { RecordTable } from './record-log.ts';

export interface Account {
  /** 16 hex digits, lower case, zero padded: the id of the user and of the drive. */
  readonly uid: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  /** 32 hex digits; what the token endpoint calls user_id. */
  readonly tokenUserId: string;
  readonly createdMs: number;
}

export const fullName = (account: Account): string => `${account.firstName} ${account.lastName}`.trim();

const firstNames: readonly (readonly [string, string])[] = [
  ['Sam', 'Example'],
  ['Ada', 'Example'],
];

/** The uid in the form that all tables use; undefined: not 1 to 16 hex digits. */
export const canonicalUid = (text: string): string | undefined =>
  /^[0-9a-f]{1,16}$/i.test(text) ? text.toLowerCase().padStart(16, '0') : undefined;

const randomUid = (): string => {
  const uid = randomBytes(8);
  // A leading zero is a trap of its own, see docs/live-connect-v5.md, 3.1; it is for those who ask for it.
  uid[0] = (uid[0] ?? 0) | 0x10;
  return uid.toString('hex');
};

export class Accounts {
  readonly #table: RecordTable<string, Account>;
  readonly #drives = new Map<string, DriveState>();
  readonly #parts: Omit<DriveParts, 'uid'>;

  constructor(parts: Omit<DriveParts, 'uid'>, firstUid?: string) {
    this.#parts = parts;
    this.#table = parts.log.table('accounts');
    if (this.#table.size === 0) {
      firstNames.forEach(([first, last], index) => {
        this.#make(first, last, index === 0 ? firstUid : undefined);
      });
    }
    // A drive that isn't open doesn't hold its contents, and the history would give their bytes up.
    for (const account of this.list()) this.drive(account);
  }

  list(): Account[] {
    return [...this.#table.values()];
  }

  /** The one that admin calls and tokens are for unless they name another. */
  get first(): Account {
    const [first] = this.list();
    if (first === undefined) throw new Error('there are no accounts');
    return first;
  }

  byUid(uid: string): Account | undefined {
    const canonical = canonicalUid(uid);
    return canonical === undefined ? undefined : this.#table.get(canonical);
  }

  /** By uid, e-mail address or full name, without regard to case. */
  find(who: string): Account | undefined {
    const wanted = who.trim().toLowerCase();
    const named = (account: Account) => [account.email, fullName(account).toLowerCase()].includes(wanted);
    return this.byUid(who) ?? this.list().find(named);
  }

  /** The account of that name or address, made when there is none. */
  findOrMake(who: string): Account {
    const known = this.find(who);
    if (known !== undefined) return known;
    const [first = 'Nobody', ...rest] = (who.split('@')[0] ?? '').trim().split(/[\s._]+/);
    return this.#make(first === '' ? 'Nobody' : first, rest.join(' '), undefined, who.includes('@') ? who : undefined);
  }

  drive(account: Account): DriveState {
    const known = this.#drives.get(account.uid);
    if (known !== undefined) return known;
    const made = new DriveState({ ...this.#parts, uid: account.uid });
    this.#drives.set(account.uid, made);
    return made;
  }

  #make(firstName: string, lastName: string, uid = randomUid(), email?: string): Account {
    const address = [firstName, lastName].filter((part) => part !== '').join('.');
    const account: Account = {
      uid,
      firstName,
      lastName,
      email: (email ?? `${address.replace(/\s+/g, '.')}@example.com`).toLowerCase(),
      tokenUserId: randomBytes(16).toString('hex'),
      createdMs: this.#parts.now(),
    };
    this.#table.set(account.uid, account);
    return account;
  }
}
