// PORT: how one dialect signs in. Implemented per dialect in this folder; used by SignInSession and by FileTokenSource.
export interface Grant {
  readonly accessToken: string;
  /** Replaces the earlier one; undefined where the earlier one stays. */
  readonly refreshToken: string | undefined;
  /** How long the access token lives, as far as the service says. */
  readonly expiresInMs: number | undefined;
}

/** One visit to the service's pages, from the address that the user is sent to until the code is redeemed. */
export interface Attempt {
  /** Comes back with the answer, unchanged; an answer with another one belongs to somebody else's visit. */
  readonly state: string;
  /** Secret that only the one who began can show (RFC 7636); 43 characters. */
  readonly verifier: string;
  /** Where the browser is sent with the answer. */
  readonly redirectUri: string;
}

/** The registered app that asks. */
export interface AppClient {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
}

/** What a user types on another machine (RFC 8628). */
export interface DeviceCode {
  /** Secret: who has it gets the tokens. */
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly expiresInMs: number;
  /** Pause between two questions. */
  readonly intervalMs: number;
}

/** Answer to a question for a device code; `slower`: the pauses have to grow. */
export type DeviceAnswer = Grant | 'pending' | 'slower';

export interface DeviceSignIn {
  begin(signal?: AbortSignal): Promise<DeviceCode>;
  /** Rejects with a SignInError where the user said no, or the code is too old. */
  ask(deviceCode: string, signal?: AbortSignal): Promise<DeviceAnswer>;
}

export interface SignIn {
  /** Where the browser is sent back to unless the settings say otherwise. */
  readonly usualRedirect: string;
  /** Undefined where the service knows no device codes. */
  readonly device: DeviceSignIn | undefined;
  /** Where the user goes with a browser. */
  authorizeUrl(attempt: Attempt): string;
  /**
   * Codes can be redeemed once, and soon. Without an attempt: a code that somebody else got, for the usual redirect.
   * Rejects with a SignInError.
   */
  redeem(code: string, attempt?: Attempt, signal?: AbortSignal): Promise<Grant>;
  refresh(refreshToken: string, signal?: AbortSignal): Promise<Grant>;
}
