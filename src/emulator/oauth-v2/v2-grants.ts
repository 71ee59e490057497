// Codes of the identity platform until they are redeemed: authorization codes bound to a redirect and a challenge, device codes waiting
// for their user. Tokens are oauth/grants.ts's, one set for all dialects. Owned by oauth-v2-routes.ts's caller.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Grant, Grants } from '../oauth/grants.ts';
import type { RecordLog, RecordTable } from '../record-log.ts';

export interface Challenge {
  readonly text: string;
  readonly method: 'S256' | 'plain';
}

export interface AuthorizationCode extends Grant {
  readonly redirectUri: string;
  readonly challenge?: Challenge;
  readonly expiresMs: number;
  readonly used?: true;
}

type DeviceState = 'pending' | 'approved' | 'declined' | 'used';

export interface DeviceCode extends Omit<Grant, 'uid'> {
  readonly deviceCode: string;
  /** What the user types. */
  readonly userCode: string;
  readonly state: DeviceState;
  /** Who approved it. */
  readonly uid?: string;
  readonly expiresMs: number;
}

const codeMs = 10 * 60 * 1000;
export const deviceSeconds = 900;

/** No vowels, so that no words come out, and nothing that looks like something else. */
const userLetters = 'BCDFGHJKLMNPQRSTVWXZ';

const challengeOf = (verifier: string, method: Challenge['method']): string =>
  method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');

export type CodeFault = 'unknown' | 'used' | 'no-verifier' | 'wrong-verifier';

export class V2Grants {
  readonly tokens: Grants;
  readonly now: () => number;
  readonly #codes: RecordTable<string, AuthorizationCode>;
  readonly #devices: RecordTable<string, DeviceCode>;

  constructor(tokens: Grants, log: RecordLog, now: () => number) {
    this.tokens = tokens;
    this.now = now;
    this.#codes = log.table('v2-codes');
    this.#devices = log.table('v2-devices');
  }

  issueCode(grant: Grant, redirectUri: string, challenge: Challenge | undefined): string {
    const code = `M.C5${randomInt(10)}_BAY.2.U.${randomBytes(24).toString('base64url')}`;
    const bound = challenge === undefined ? {} : { challenge };
    this.#codes.set(code, { ...grant, redirectUri, ...bound, expiresMs: this.now() + codeMs });
    return code;
  }

  /** The code, used up by this call; or why it is no good. */
  redeem(code: string, verifier: string | undefined): AuthorizationCode | CodeFault {
    const found = this.#codes.get(code);
    if (found === undefined || found.expiresMs < this.now()) return 'unknown';
    if (found.used === true) return 'used';
    this.#codes.set(code, { ...found, used: true });
    const { challenge } = found;
    if (challenge === undefined) return found;
    if (verifier === undefined) return 'no-verifier';
    return challengeOf(verifier, challenge.method) === challenge.text ? found : 'wrong-verifier';
  }

  issueDevice(clientId: string, scopes: readonly string[]): DeviceCode {
    const letter = (): string => userLetters[randomInt(userLetters.length)] ?? 'B';
    const device: DeviceCode = {
      deviceCode: randomBytes(60).toString('base64url'),
      userCode: Array.from({ length: 9 }, letter).join(''),
      clientId,
      scopes,
      state: 'pending',
      expiresMs: this.now() + deviceSeconds * 1000,
    };
    this.#devices.set(device.deviceCode, device);
    return device;
  }

  device(deviceCode: string): DeviceCode | undefined {
    return this.#devices.get(deviceCode);
  }

  /** One that still waits for its user. */
  waiting(userCode: string): DeviceCode | undefined {
    const wanted = userCode.replace(/[\s-]/g, '').toUpperCase();
    const open = (device: DeviceCode): boolean => device.state === 'pending' && device.expiresMs > this.now();
    return [...this.#devices.values()].find((device) => device.userCode === wanted && open(device));
  }

  change(device: DeviceCode, change: Partial<DeviceCode>): void {
    this.#devices.set(device.deviceCode, { ...device, ...change });
  }
}
