// Signing in, from the address that the user goes to until the tokens are in the file. The earlier sign-in stays whole until
// the new one is complete; then nothing is left of it, its account and its refresh token least of all.
import type { Clock } from '../base/clock.ts';
import { codeIn, newAttempt } from './attempt.ts';
import { grantChange } from './file-token-source.ts';
import type { LcrcChange, LcrcFile } from './lcrc-file.ts';
import { isLoopback } from './loopback-server.ts';
import { type PendingSignIn, pendingText, readPending } from './pending-sign-in.ts';
import type { AppClient, Attempt, DeviceCode, Grant, SignIn } from './sign-in.ts';
import { SignInError } from './sign-in-error.ts';

export interface SignInSessionParts {
  readonly file: LcrcFile;
  readonly signIn: SignIn;
  readonly client: AppClient;
  readonly loginUrl: string;
  /** Whose token this is; undefined where the service does not say. */
  identify(accessToken: string): Promise<SignedInAccount | undefined>;
  readonly clock: Clock;
}

export interface SignedInAccount {
  readonly id: string;
  readonly name: string;
}

export interface SignedIn {
  readonly account: SignedInAccount | undefined;
  /** Id of the account that the file was signed in to before, if it was another. */
  readonly before: string | undefined;
}

export interface Begun {
  /** Where the user goes with a browser. */
  readonly url: string;
  /** Where the browser will be sent back to, with this state. */
  readonly redirectUri: string;
  readonly state: string;
}

/** RFC 8628, 3.5. */
const slowerByMs = 5000;

export class SignInSession {
  readonly #parts: SignInSessionParts;
  /** Begun here: somebody else may begin one too, with the same file, before this one's answer comes. */
  #begun: Attempt | undefined;

  constructor(parts: SignInSessionParts) {
    this.#parts = parts;
  }

  /** Where the service sends the browser back to, unless `begin` is told otherwise. */
  get usualRedirect(): string {
    return this.#parts.signIn.usualRedirect;
  }

  /** Whether the browser comes back to this machine; the service's own empty page is not meant, wherever the service is. */
  get comesBack(): boolean {
    return isLoopback(this.usualRedirect) && !this.usualRedirect.startsWith(`${this.#parts.loginUrl}/`);
  }

  /** What it takes to understand the answer is in the file afterwards, so that a file that cannot be written is noticed now. */
  async begin(redirectUri = this.usualRedirect): Promise<Begun> {
    const { file, signIn, client, loginUrl } = this.#parts;
    const attempt = newAttempt(redirectUri);
    const pending = pendingText({ ...attempt, ...client, loginUrl });
    await file.update(async ({ refreshToken, accessToken, code }) => {
      const isSignedIn = (refreshToken ?? accessToken ?? code) !== undefined;
      return { pending, ...(isSignedIn ? {} : this.#client()) };
    });
    this.#begun = attempt;
    return { url: signIn.authorizeUrl(attempt), redirectUri, state: attempt.state };
  }

  /**
   * With the address that the browser ended at, of a sign-in that began here or in another process. Rejects with a
   * SignInError, or a ConfigFileError, and the file is as it was.
   */
  async complete(address: string, signal?: AbortSignal): Promise<SignedIn> {
    const { code, state } = codeIn(address);
    const attempt = await this.#attempt(state);
    return await this.#keep(await this.#parts.signIn.redeem(code, attempt, signal), attempt);
  }

  /** `show` gets what the user has to do on another machine; then this waits until it is done. */
  async completeByDevice(show: (code: DeviceCode) => void, signal?: AbortSignal): Promise<SignedIn> {
    const { device } = this.#parts.signIn;
    if (device === undefined) throw new SignInError('refused', 'this service knows no device codes.');
    const code = await device.begin(signal);
    show(code);
    return await this.#keep(await this.#pollDevice(code, signal));
  }

  #client(): LcrcChange {
    const { clientId, clientSecret } = this.#parts.client;
    return { clientId, clientSecret: clientSecret ?? null };
  }

  /** A code that somebody asked for without a state, as the ancestor does, has no attempt. */
  async #attempt(state: string | undefined): Promise<Attempt | undefined> {
    if (state === undefined) return undefined;
    if (this.#begun?.state === state) return this.#begun;
    const { file, client, loginUrl } = this.#parts;
    const pending: PendingSignIn | undefined = readPending((await file.peek()).pending);
    const isOurs = pending?.clientId === client.clientId && pending.loginUrl === loginUrl;
    if (pending !== undefined && isOurs && pending.state === state) return pending;
    throw new SignInError(
      'signed-out',
      'that address belongs to another sign-in, or to one that is over. Start again: skydrive auth',
    );
  }

  async #pollDevice({ deviceCode, intervalMs, expiresInMs }: DeviceCode, signal?: AbortSignal): Promise<Grant> {
    const { clock, signIn } = this.#parts;
    const end = clock.monotonic() + expiresInMs;
    let pause = intervalMs;
    while (clock.monotonic() < end) {
      await clock.sleep(pause, signal);
      const answer = await this.#asked(signIn, deviceCode, signal);
      if (typeof answer === 'object') return answer;
      if (answer === 'slower') pause += slowerByMs;
    }
    throw new SignInError(
      'signed-out',
      'nobody entered the code in time. Ask for a new one: skydrive auth --device-code',
    );
  }

  /** The network may fail now and again while a person types. */
  async #asked({ device }: SignIn, deviceCode: string, signal?: AbortSignal): Promise<Grant | 'pending' | 'slower'> {
    try {
      return (await device?.ask(deviceCode, signal)) ?? 'pending';
    } catch (error) {
      if (error instanceof SignInError && error.trouble === 'unavailable') return 'slower';
      throw error;
    }
  }

  async #keep(grant: Grant, attempt?: Attempt): Promise<SignedIn> {
    const { file, clock, identify } = this.#parts;
    const account = await identify(grant.accessToken);
    let before: string | undefined;
    await file.update(async (current) => {
      before = current.account;
      return {
        ...this.#client(),
        ...{ code: null, refreshToken: null },
        // Another one may have begun meanwhile.
        ...(readPending(current.pending)?.state === attempt?.state ? { pending: null } : {}),
        ...grantChange(grant, clock.now()),
        settings: { account: account?.id ?? null },
      };
    });
    return { account, before: before === account?.id ? undefined : before };
  }
}
