// A visit to the service's pages: its secrets, and what the browser brings back from it.
import { randomBytes } from 'node:crypto';
import { faultIn, refusalOf, text } from './oauth-answer.ts';
import type { Attempt } from './sign-in.ts';
import { SignInError } from './sign-in-error.ts';

export const newAttempt = (redirectUri: string): Attempt => ({
  state: randomBytes(18).toString('base64url'),
  verifier: randomBytes(32).toString('base64url'),
  redirectUri,
});

export interface BroughtCode {
  readonly code: string;
  /** Undefined where whoever asked for the code sent none along. */
  readonly state: string | undefined;
}

/**
 * What is in the address that the browser ended at. Throws a SignInError where that is an error, no code, or no address. The
 * service answers in the query or behind the `#`, errors above all.
 */
export const codeIn = (address: string): BroughtCode => {
  const trimmed = address.trim();
  if (!URL.canParse(trimmed)) {
    throw new SignInError('refused', 'that is no address: paste all of what the browser shows in its address line.');
  }
  const url = new URL(trimmed);
  const answer = {
    ...Object.fromEntries(url.searchParams),
    ...Object.fromEntries(new URLSearchParams(url.hash.slice(1))),
  };
  const fault = faultIn(answer);
  if (fault !== undefined) throw refusalOf(fault);
  const code = text(answer['code']);
  if (code === undefined) {
    throw new SignInError('refused', 'that address holds no code: paste the one that the browser ends at.');
  }
  return { code, state: text(answer['state']) };
};
