// The end of every sign-in: a code becomes tokens, and the file holds these and nothing of an earlier sign-in.
import { type Clock, systemClock } from '../base/clock.ts';
import { grantChange } from './file-token-source.ts';
import type { LcrcFile } from './lcrc-file.ts';
import type { SignIn } from './sign-in.ts';

/** `address` is what the browser ended at. An old refresh token would be preferred to the new code, so it goes first. */
export const completeSignIn = async (
  file: LcrcFile,
  signIn: SignIn,
  answer: { readonly address: string; readonly state?: string },
  clock: Clock = systemClock,
): Promise<void> => {
  const grant = await signIn.redeem(signIn.codeFrom(answer.address, answer.state));
  await file.update(async () => ({ code: null, refreshToken: null, ...grantChange(grant, clock.now()) }));
};
