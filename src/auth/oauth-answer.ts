// What OAuth services say when something is wrong, at their pages and at the token endpoint, made a SignInError. `error` is a
// string or, in answers of the live API, an object (docs: RFC 6749, 5.2; live-connect-v5.md, 1.3; graph-drive.md, 1).
import { explanationOf, numberIn, withoutTraces } from './aadsts.ts';
import { SignInError, type SignInTrouble } from './sign-in-error.ts';

export interface OAuthFault {
  readonly code: string;
  readonly description: string;
}

type Fields = Readonly<Record<string, unknown>>;

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Undefined where the answer is no error. */
export const faultIn = (body: Fields): OAuthFault | undefined => {
  const { error } = body;
  if (typeof error === 'object' && error !== null) {
    const { code, message } = error as Record<string, unknown>;
    return { code: text(code) ?? 'unknown', description: text(message) ?? '' };
  }
  const code = text(error);
  return code === undefined ? undefined : { code, description: text(body['error_description']) ?? '' };
};

const again = 'Sign in again: skydrive auth';

const cures: Readonly<Record<string, string>> = {
  invalid_grant: again,
  interaction_required: again,
  login_required: again,
  consent_required: again,
  access_denied: 'The app needs your consent: skydrive auth',
  authorization_declined: 'The app needs your consent: skydrive auth',
  bad_verification_code: 'Ask for a new code: skydrive auth --device-code',
  expired_token: 'Ask for a new code: skydrive auth --device-code',
  invalid_client: 'Look at client.id and client.secret in the configuration file.',
  unauthorized_client: 'Look at client.id in the configuration file, and mark the app as a desktop or mobile one.',
};

/** Where the code says more than the number beside it. */
const words: Readonly<Record<string, string>> = {
  authorization_declined: 'you did not let the app have your files',
  expired_token: 'nobody entered the code in time',
  bad_verification_code: 'the code is not known there, or was used before',
};

const signedOut: ReadonlySet<string> = new Set([
  'invalid_grant',
  'interaction_required',
  'login_required',
  'consent_required',
  'expired_token',
  'bad_verification_code',
]);

const passing: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

/** An answer comes from outside: one line, of a bounded length. */
const oneLine = (said: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const line = said.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return (line.length > 300 ? `${line.slice(0, 300)}…` : line).replace(/[\s.]+$/, '');
};

const sentence = (what: string, cure: string | undefined): string =>
  `the sign-in was refused${what}.${cure === undefined ? '' : ` ${cure}`}`;

const troubleOf = (code: string): SignInTrouble =>
  passing.has(code) ? 'unavailable' : signedOut.has(code) ? 'signed-out' : 'refused';

export const refusalOf = ({ code, description }: OAuthFault): SignInError => {
  const number = numberIn(description);
  const mark = `${oneLine(code)}${number === undefined ? '' : `, AADSTS${number}`}`;
  const inWords = words[code];
  if (inWords !== undefined) return new SignInError(troubleOf(code), sentence(`: ${inWords} (${mark})`, cures[code]));
  const known = explanationOf(number);
  if (known !== undefined) {
    const trouble = known.signedOut ? 'signed-out' : 'refused';
    return new SignInError(trouble, sentence(`: ${known.what} (${mark})`, known.cure));
  }
  const said = oneLine(withoutTraces(description));
  return new SignInError(troubleOf(code), sentence(` (${mark}${said === '' ? '' : `: ${said}`})`, cures[code]));
};
