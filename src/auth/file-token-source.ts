// The account's tokens, kept in the configuration file. One renewal at a time serves all callers, in this process and in
// others: it is done under the file's lock, after another look at the file, and what it brought is stored before it is used.
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { silentLog } from '../base/log.ts';
import { SingleFlight } from '../base/single-flight.ts';
import type { TokenSource } from '../http/token-source.ts';
import type { Lcrc, LcrcChange, LcrcFile } from './lcrc-file.ts';
import type { Grant, SignIn } from './sign-in.ts';
import { SignInError } from './sign-in-error.ts';

/** A token that has less than this left is renewed before it is refused in the middle of something. */
const marginMs = 60_000;

interface Held {
  readonly token: string;
  readonly expires: number | undefined;
}

export interface FileTokenSourceOptions {
  readonly file: LcrcFile;
  readonly signIn: SignIn;
  readonly clock?: Clock;
  readonly log?: Log;
}

const signedOut = (): SignInError =>
  new SignInError('signed-out', 'you are not signed in to the drive. Sign in: skydrive auth');

/** What a grant changes in the file. A redeemed code is spent. */
export const grantChange = (grant: Grant, now: number): LcrcChange => ({
  accessToken: grant.accessToken,
  ...(grant.refreshToken === undefined ? {} : { refreshToken: grant.refreshToken }),
  // The earlier token's end says nothing about this one's.
  accessExpires: grant.expiresInMs === undefined ? null : now + grant.expiresInMs,
});

export class FileTokenSource implements TokenSource {
  readonly #file: LcrcFile;
  readonly #signIn: SignIn;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #renewals = new SingleFlight<'renewal', string>();
  #held: Held | undefined;
  /** Whose tokens are wanted, as the file and the service say; empty while nobody has said. */
  #accounts: readonly string[] = [];
  #fileNamesAccount = false;

  constructor(options: FileTokenSourceOptions) {
    this.#file = options.file;
    this.#signIn = options.signIn;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
  }

  async token(signal?: AbortSignal): Promise<string> {
    const held = this.#held ?? this.#take(await this.#file.read());
    if (held === undefined) return await this.renew('', signal);
    if (held.expires === undefined || held.expires - this.#clock.now() > marginMs) return held.token;
    try {
      return await this.renew(held.token, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // It may live on: clocks differ, and the service has not refused it yet.
      this.#log.debug('the token could not be renewed ahead of time', error);
      this.#held = { token: held.token, expires: undefined };
      return held.token;
    }
  }

  /**
   * The tokens in use are those of that account: no other's will be handed out from now on, although somebody signs in to
   * another one meanwhile. What belongs to one drive must not be done to another.
   */
  belongTo(account: string): void {
    if (!this.#accounts.includes(account)) this.#accounts = [...this.#accounts, account];
  }

  /** Goes on for the others when one caller gives up. */
  async renew(stale: string, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    if (this.#held !== undefined && this.#held.token !== stale) return this.#held.token;
    const renewal = this.#renewals.run('renewal', () => this.#renew(stale));
    return signal === undefined ? await renewal : await unlessAborted(renewal, signal);
  }

  #take(lcrc: Lcrc): Held | undefined {
    this.#checkAccount(lcrc);
    this.#held = lcrc.accessToken === undefined ? undefined : { token: lcrc.accessToken, expires: lcrc.accessExpires };
    return this.#held;
  }

  #checkAccount({ path, account }: Lcrc): void {
    const wanted = this.#accounts;
    const fits = account === undefined ? !this.#fileNamesAccount : wanted.length === 0 || wanted.includes(account);
    if (!fits) {
      throw new SignInError(
        'signed-out',
        `${path} holds the sign-in of another account now (${account ?? 'it does not say which'}), not of ` +
          `${wanted.join(' or ')}. Sign in to that again: skydrive auth`,
      );
    }
    if (account === undefined) return;
    this.#accounts = [account];
    this.#fileNamesAccount = true;
  }

  async #renew(stale: string): Promise<string> {
    const after = await this.#file.update(async (current) => {
      this.#checkAccount(current);
      // Another process may have been faster.
      if (current.accessToken !== undefined && current.accessToken !== stale) return undefined;
      return await this.#granted(current);
    });
    const held = this.#take(after);
    if (held === undefined) throw signedOut();
    return held.token;
  }

  async #granted(current: Lcrc): Promise<LcrcChange> {
    if (current.refreshToken !== undefined) return await this.#refreshed(current.refreshToken);
    if (current.code === undefined) throw signedOut();
    // The ancestor's files may hold a code that was never redeemed.
    return { ...grantChange(await this.#signIn.redeem(current.code), this.#clock.now()), code: null };
  }

  async #refreshed(refreshToken: string): Promise<LcrcChange> {
    try {
      return grantChange(await this.#signIn.refresh(refreshToken), this.#clock.now());
    } catch (error) {
      if (!(error instanceof SignInError) || error.trouble !== 'signed-out') throw error;
      // A program that does not know our lock may have used the refresh token up meanwhile, and stored the next one.
      const now = await this.#file.read();
      if (now.refreshToken === undefined || now.refreshToken === refreshToken) throw error;
      return grantChange(await this.#signIn.refresh(now.refreshToken), this.#clock.now());
    }
  }
}

const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
};
