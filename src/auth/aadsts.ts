// The numbers of the Microsoft identity platform in words (docs: "Microsoft Entra authentication and authorization error
// codes"): what happened, and what to do about it. Its own texts name neither this program nor the file to look into.

export interface Explanation {
  /** Continues "the sign-in was refused: …". */
  readonly what: string;
  readonly cure: string | undefined;
  /** The sign-in is over, or never was: only signing in again mends it. */
  readonly signedOut: boolean;
}

const again = 'Sign in again: skydrive auth';
const file = 'in the configuration file';

const over = (what: string, cure = again): Explanation => ({ what, cure, signedOut: true });
const refused = (what: string, cure?: string): Explanation => ({ what, cure, signedOut: false });

const tenantCure = `Name the right one in login_url ${file}, https://login.microsoftonline.com/TENANT/oauth2/v2.0: consumers for personal accounts, organizations for work accounts, or your own.`;
const adminCure = 'Ask the administrator of your organisation.';

const table: ReadonlyMap<number, Explanation> = new Map([
  [16_000, over('the service wants to ask you something')],
  [50_001, refused('the service to be used is not known there', adminCure)],
  [
    50_011,
    refused(
      'the redirect address is not among those of the app',
      'Add http://localhost to its registration, under "Mobile and desktop applications", or name what is there as redirect_uri in the configuration file.',
    ),
  ],
  [50_020, refused('this account does not belong to the organisation that is signed in to', tenantCure)],
  [50_034, refused('there is no such account there', tenantCure)],
  [50_053, refused('the account is locked, after too many wrong passwords', 'Try again later.')],
  [50_055, over('the password has expired', 'Change it, then sign in again: skydrive auth')],
  [50_057, refused('the account is disabled', adminCure)],
  [50_058, over('nobody is signed in in that browser')],
  [50_059, refused('the organisation cannot be told from the request', tenantCure)],
  [50_074, over('a second factor is needed now')],
  [50_076, over('a second factor is needed now')],
  [50_079, over('a second factor has to be set up')],
  [50_089, over('the sign-in has expired')],
  [50_097, refused('the organisation wants to know the device that is signed in from', adminCure)],
  [50_105, refused('the organisation has not given this account the app', adminCure)],
  [50_126, over('the name or the password is wrong')],
  [50_132, over('the sign-in was ended, or the password was changed')],
  [50_133, over('the sign-in was ended, or the password was changed')],
  [50_148, over('the code belongs to another sign-in')],
  [50_158, over('the organisation wants another step of you')],
  [50_173, over('the password was changed, or the sign-in was ended')],
  [50_194, refused('the app is for one organisation only', tenantCure)],
  [53_000, refused('the organisation allows managed devices only', adminCure)],
  [53_003, refused('a rule of the organisation does not allow this sign-in', adminCure)],
  [54_005, over('the code was used before')],
  [65_001, over('the app lacks your consent', 'Consent to it: skydrive auth')],
  [65_004, refused('you did not let the app have your files', 'To do so after all: skydrive auth')],
  [70_000, over('the code or the sign-in is not valid: used before, expired or withdrawn')],
  [70_002, refused('the app may not sign in like this', 'Allow public client flows in the registration of the app.')],
  [70_008, over('the code or the sign-in has expired')],
  [70_011, refused('the app may not ask for these rights', 'Look at the permissions of its registration.')],
  [70_012, refused('the service has a fault of its own', 'Try again later.')],
  [70_043, over('the organisation wants a new sign-in from time to time')],
  [80_012, refused('the organisation does not allow signing in at this hour', adminCure)],
  [90_002, refused('there is no such organisation', tenantCure)],
  [90_033, refused('the service is down for a moment', 'Try again later.')],
  [90_094, refused('only an administrator may consent to the app', adminCure)],
  [90_095, refused('only an administrator may consent to the app', adminCure)],
  [
    500_113,
    refused(
      'the app has no redirect address',
      'Add http://localhost to its registration, under "Mobile and desktop applications".',
    ),
  ],
  [501_481, over('the code belongs to another sign-in')],
  [530_003, refused('the organisation wants to know the device that is signed in from', adminCure)],
  [700_003, refused('the organisation wants to know the device that is signed in from', adminCure)],
  [
    700_016,
    refused(
      'there is no app with this client.id',
      `Look at client.id ${file}, and at login_url: the app may belong to another organisation.`,
    ),
  ],
  [700_025, refused('the app has no secret, and was sent one', `Remove client.secret ${file}.`)],
  [700_082, over('the sign-in has expired, because it was not used for long')],
  [
    700_084,
    over(
      'the sign-in has expired',
      'Register the app for "Mobile and desktop applications", then sign in again: skydrive auth',
    ),
  ],
  [7_000_012, refused('the sign-in was made at another organisation', again)],
  [7_000_014, refused('the device code is not valid', again)],
  [
    7_000_215,
    refused(
      'the secret of the app is wrong',
      `Look at client.secret ${file}: the value is wanted, not the id of the secret.`,
    ),
  ],
  [
    7_000_218,
    refused(
      'the app needs its secret',
      `Write client.secret ${file}, or allow public client flows in the registration of the app.`,
    ),
  ],
  [
    7_000_222,
    refused(
      'the secret of the app has expired',
      `Make a new one in its registration, and write it to client.secret ${file}.`,
    ),
  ],
  [9_002_313, refused('the request was not understood', 'Look at client.id and login_url.')],
  [9_002_331, refused('the app is for personal accounts only', tenantCure)],
  [9_002_332, refused('the app is for work accounts only', tenantCure)],
  [9_002_346, refused('the app is for personal accounts only', tenantCure)],
]);

/** `AADSTS70000: The provided … Trace ID: … ` -> 70000; undefined where there is no number. */
export const numberIn = (description: string): number | undefined => {
  const digits = /\bAADSTS(\d{4,9})\b/.exec(description)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

export const explanationOf = (number: number | undefined): Explanation | undefined =>
  number === undefined ? undefined : table.get(number);

/** The service's own words, without the numbers that only its operators can use. */
export const withoutTraces = (description: string): string =>
  description
    .replace(/^AADSTS\d+:\s*/, '')
    .replace(/\s*\b(Trace ID|Correlation ID|Timestamp):[\s\S]*$/, '')
    .trim();
