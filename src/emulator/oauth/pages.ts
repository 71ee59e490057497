// The pages of the sign-in host: HTML and style, nothing from elsewhere, no scripts. All that comes from outside is escaped here.
import { type Account, fullName } from '../accounts.ts';
import { type AuthorizeRequest, carriedFields } from './authorize-request.ts';

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#4d5762;--line:#c3cbd3;--card:#fff;--back:#e9f2fa;--blue:#0b67b8;--wrong:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a7b3bf;--line:#4a5763;--card:#1c242c;--back:#0f151b;--blue:#5fb0f0;--wrong:#ff8a80}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;grid-template-columns:minmax(0,1fr);place-items:center;padding:1rem;
background:linear-gradient(160deg,var(--back),transparent 70%),var(--card);color:var(--ink);font:16px/1.5 "Segoe UI",system-ui,sans-serif}
main{width:100%;max-width:27rem;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:clamp(1.25rem,6vw,2rem);box-shadow:0 8px 30px #0002;overflow-wrap:anywhere}
header{display:flex;align-items:center;gap:.6rem;color:var(--blue);font-weight:600}header svg{width:2.2rem}
h1{font-size:1.4rem;font-weight:600;line-height:1.25;margin:1.2rem 0 .4rem}p{margin:.4rem 0;color:var(--soft)}code,strong{color:var(--ink)}
ul{list-style:none;padding:0;margin:1rem 0}li{margin:.5rem 0}.who{display:flex;flex-direction:column;width:100%;text-align:left;
padding:.7rem 1rem;border:1px solid var(--line);border-radius:8px;background:none;color:inherit;font:inherit;cursor:pointer}
.who:hover{border-color:var(--blue)}.who small{color:var(--soft)}:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
.can li{padding-left:1.6rem;position:relative}.can li::before{content:"\\2713";position:absolute;left:0;color:var(--blue)}
.can small{display:block;color:var(--soft)}label{display:block;color:var(--soft);margin-top:1rem}.row{display:flex;gap:.6rem;margin-top:.3rem}
input[type=text]{flex:1;min-width:0;padding:.6rem .8rem;border:1px solid var(--line);border-radius:8px;font:inherit;background:none;color:inherit}
button.go{padding:.6rem 1.4rem;border:1px solid var(--blue);border-radius:8px;background:var(--blue);color:var(--card);font:inherit;font-weight:600;cursor:pointer}
button.no{background:none;color:var(--blue)}.end{justify-content:flex-end;margin-top:1.5rem}.wrong{color:var(--wrong)}footer{margin-top:1.5rem;font-size:.85rem;color:var(--soft)}`;

const cloud = `<svg viewBox="0 0 40 24" aria-hidden="true"><path fill="currentColor" d="M14 22h18a7 7 0 0 0 1.6-13.8A9.5 9.5 0 0 0 16 5.6 7.6 7.6 0 0 0 6.6 12 5.2 5.2 0 0 0 7 22z"/></svg>`;

export const page = (title: string, content: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,"><title>${escaped(title)}</title><style>${style}</style></head>
<body><main><header>${cloud}<span>SkyDrive emulator</span></header>${content}
<footer>This is a test service on this machine. No password is needed.</footer></main></body></html>
`;

export const hidden = (fields: readonly (readonly [string, string])[]): string =>
  fields.map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`).join('\n');

/** A page with a sentence; without one it is as empty as the desktop redirect page. */
export const noticePage = (title: string, text: string): string =>
  title === ''
    ? '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title></title></head><body></body></html>\n'
    : page(title, `<h1>${escaped(title)}</h1><p>${escaped(text)}</p>`);

const accountButton = (account: Account): string =>
  `<li><button class="who" type="submit" name="account" value="${account.uid}" id="account-${account.uid}">
<span>${escaped(fullName(account))}</span><small>${escaped(account.email)}</small></button></li>`;

export const signInPage = (request: AuthorizeRequest, accounts: readonly Account[], complaint = ''): string =>
  page(
    'Sign in',
    `<h1>Sign in</h1><p>to continue to the app <code>${escaped(request.clientId)}</code></p>
${complaint === '' ? '' : `<p class="wrong" role="alert">${escaped(complaint)}</p>`}
<form id="sign-in" method="post" action="?">
${hidden(carriedFields(request))}
<ul>${accounts.map(accountButton).join('\n')}</ul>
</form>
<form id="other-account" method="post" action="?">
${hidden(carriedFields(request))}
<label for="other">Another account: type a name or address</label>
<div class="row"><input type="text" id="other" name="other" autocomplete="off"><button class="go" type="submit" id="next">Next</button></div>
</form>`,
  );

/** What a scope means, in plain words. */
const meanings: Readonly<Record<string, string>> = {
  'wl.basic': 'See your profile and your contacts',
  'wl.signin': 'Sign you in automatically',
  'wl.offline_access': 'Do all this also when you are not using the app',
  'wl.skydrive': 'See your files, photos and videos on SkyDrive',
  'wl.skydrive_update': 'Change, add and delete your files on SkyDrive',
  'wl.contacts_skydrive': 'See files that others share with you',
  'wl.photos': 'See your photos, videos and albums',
  'wl.contacts_photos': 'See photos, videos and albums that others share with you',
  'wl.emails': 'See your e-mail addresses',
  'wl.birthday': 'See your birthday',
  'wl.phone_numbers': 'See your phone numbers',
  'wl.postal_addresses': 'See your postal addresses',
  'wl.work_profile': 'See where you work',
  'files.read': 'See your files',
  'files.readwrite': 'See, change, add and delete your files',
  'files.read.all': 'See all files that you can open',
  'files.readwrite.all': 'See, change, add and delete all files that you can open',
  'sites.read.all': 'See the sites and lists that you can open',
  'sites.readwrite.all': 'See and change the sites and lists that you can open',
  'user.read': 'See your profile',
  offline_access: 'Do all this also when you are not using the app',
  openid: 'Sign you in',
  profile: 'See your name',
  email: 'See your e-mail address',
};

const scopeLine = (scope: string): string =>
  `<li>${escaped(Object.hasOwn(meanings, scope.toLowerCase()) ? (meanings[scope.toLowerCase()] ?? '') : 'Use another part of your account')}<small>${escaped(scope)}</small></li>`;

export const consentPage = (
  request: AuthorizeRequest,
  account: { readonly uid: string; readonly name: string; readonly email: string },
): string =>
  page(
    'Allow this app?',
    `<h1>Let this app access your info?</h1>
<p>The app <code id="client-id">${escaped(request.clientId)}</code> asks <strong>${escaped(account.name)}</strong> (${escaped(account.email)}) to allow it to:</p>
<ul class="can" id="scopes">${request.scopes.map(scopeLine).join('\n')}</ul>
<form id="consent" method="post" action="?">
${hidden([...carriedFields(request), ['account', account.uid]])}
<div class="row end"><button class="go no" type="submit" name="decision" value="deny" id="deny">No</button>
<button class="go" type="submit" name="decision" value="allow" id="allow">Yes</button></div>
</form>`,
  );
