// A sign-in that has begun, as the configuration file keeps it beside the one that still holds: whoever brings the browser's
// answer may be another process. As secret as a token, and of no use once the answer was taken.
import type { AppClient, Attempt } from './sign-in.ts';

export interface PendingSignIn extends Attempt, AppClient {
  readonly loginUrl: string;
}

const names = ['state', 'verifier', 'redirectUri', 'loginUrl', 'clientId'] as const;

export const pendingText = (pending: PendingSignIn): string => JSON.stringify(pending);

/** Undefined where there is none, or somebody changed it. */
export const readPending = (text: string | undefined): PendingSignIn | undefined => {
  if (text === undefined) return undefined;
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  if (names.some((name) => typeof value?.[name] !== 'string')) return undefined;
  const pending = value as unknown as PendingSignIn;
  return { ...pending, clientSecret: typeof pending.clientSecret === 'string' ? pending.clientSecret : undefined };
};
