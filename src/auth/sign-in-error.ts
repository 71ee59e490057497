// Signing in failed, or is over. Messages say what the service said and what to do; never a code, secret or token.

/**
 * - `signed-out`: there is no sign-in that the service accepts; `skydrive auth` mends it
 * - `refused`: the service refused what the user (or the settings) offered
 * - `unavailable`: the service did not answer, or made no sense; later it may work
 */
export type SignInTrouble = 'signed-out' | 'refused' | 'unavailable';

export class SignInError extends Error {
  override readonly name = 'SignInError';
  readonly trouble: SignInTrouble;

  constructor(trouble: SignInTrouble, message: string, options?: ErrorOptions) {
    super(message, options);
    this.trouble = trouble;
  }
}
