// PORT: how one dialect signs in. Implemented per dialect in this folder; used by the commands and by FileTokenSource.
export interface Grant {
  readonly accessToken: string;
  /** Replaces the earlier one; undefined where the earlier one stays. */
  readonly refreshToken: string | undefined;
  /** How long the access token lives, as far as the service says. */
  readonly expiresInMs: number | undefined;
}

export interface SignIn {
  /** Where the user goes with a browser. */
  authorizeUrl(state?: string): string;
  /**
   * The code in the address that the browser ended at. Rejects with a SignInError where the address holds an error, no
   * code, or another state than was asked with.
   */
  codeFrom(address: string, state?: string): string;
  /** Codes can be redeemed once, and soon. */
  redeem(code: string, signal?: AbortSignal): Promise<Grant>;
  refresh(refreshToken: string, signal?: AbortSignal): Promise<Grant>;
}
