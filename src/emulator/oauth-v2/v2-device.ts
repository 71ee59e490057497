// Sign-in for machines without a browser: a code to type, the page where it is typed, and the question whether it was
// (docs/graph-drive.md, 1).
import type { Exchange } from '../exchange.ts';
import type { AuthorizeRequest } from '../oauth/authorize-request.ts';
import { escaped, noticePage, page, signInPage } from '../oauth/pages.ts';
import { splitScopes } from '../oauth/scopes.ts';
import { htmlReply, jsonReply, type Reply } from '../reply.ts';
import { askConsent, chosenAccount, readForm } from './v2-authorize.ts';
import { missingField, oauthError } from './v2-error.ts';
import { type DeviceCode, deviceSeconds } from './v2-grants.ts';
import type { V2Parts } from './v2-parts.ts';

/** POST devicecode */
export const deviceCode = async (parts: V2Parts, exchange: Exchange): Promise<Reply> => {
  const fields = await readForm(exchange);
  const [clientId = '', scope = ''] = ['client_id', 'scope'].map((name) => fields.get(name));
  if (clientId === '') throw missingField('client_id');
  if (scope === '') throw missingField('scope');
  const device = parts.grants.issueDevice(clientId, splitScopes(scope));
  if (parts.autoApprove()) parts.grants.change(device, { state: 'approved', uid: parts.accounts.first.uid });
  const uri = `${exchange.base}/devicelogin`;
  return jsonReply(200, {
    user_code: device.userCode,
    device_code: device.deviceCode,
    verification_uri: uri,
    expires_in: deviceSeconds,
    interval: parts.deviceInterval(),
    message: `To sign in, use a web browser to open the page ${uri} and enter the code ${device.userCode} to authenticate.`,
  });
};

/** The grant behind a device code; throws what a client that asks too early, too often or too late is told. */
export const redeemDevice = ({ grants, slowsDown }: V2Parts, code: string): DeviceCode & { readonly uid: string } => {
  const device = grants.device(code);
  if (device === undefined || device.state === 'used') {
    throw oauthError(
      'bad_verification_code',
      70_020,
      'The provided value for the input parameter device_code is not valid.',
    );
  }
  const now = grants.now();
  if (device.expiresMs < now) throw oauthError('expired_token', 70_020, 'The device code has expired.');
  if (device.state === 'declined') throw oauthError('authorization_declined', 70_018, 'The user declined the request.');
  if (slowsDown()) throw oauthError('slow_down', 70_019, 'The app is polling too often.');
  if (device.state === 'pending' || device.uid === undefined) {
    throw oauthError(
      'authorization_pending',
      70_016,
      'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
    );
  }
  grants.change(device, { state: 'used' });
  return { ...device, uid: device.uid };
};

const codePage = (complaint = ''): Reply =>
  htmlReply(
    200,
    page(
      'Enter code',
      `<h1>Enter code</h1><p>Type the code that your app or device shows.</p>
${complaint === '' ? '' : `<p class="wrong" role="alert">${escaped(complaint)}</p>`}
<form id="device" method="post" action="?"><label for="user_code">Code</label>
<div class="row"><input type="text" id="user_code" name="user_code" autocomplete="off" autofocus>
<button class="go" type="submit" id="next">Next</button></div></form>`,
    ),
  );

const requestOf = ({ clientId, scopes, userCode }: DeviceCode): AuthorizeRequest => ({
  clientId,
  scopes,
  redirectUri: '',
  responseType: 'code',
  state: undefined,
  more: [['user_code', userCode]],
});

/** GET and POST devicelogin: the code, who it is, whether the app may. */
export const devicePage = async (parts: V2Parts, exchange: Exchange): Promise<Reply> => {
  const fields = await readForm(exchange);
  const typed = fields.get('user_code') ?? fields.get('otc') ?? '';
  if (typed === '') return codePage();
  const device = parts.grants.waiting(typed);
  if (device === undefined) return codePage("That code didn't work. Check the code and try again.");
  const request = requestOf(device);
  const account = chosenAccount(parts, fields);
  if (account === undefined) return htmlReply(200, signInPage(request, parts.accounts.list()));
  const decision = fields.get('decision')?.toLowerCase();
  if (decision !== 'allow' && decision !== 'deny') return askConsent(request, account);
  const state = decision === 'allow' ? 'approved' : 'declined';
  parts.grants.change(device, { state, uid: account.uid });
  const text =
    decision === 'allow'
      ? 'You have signed in. You can close this page.'
      : 'The app was refused. You can close this page.';
  return htmlReply(200, noticePage(decision === 'allow' ? 'Signed in' : 'Refused', text));
};
