// GET me and what belongs to the user rather than to the drive, and the drive's quota (docs/live-connect-v5.md, 4.1).
import { type Account, fullName } from '../accounts.ts';
import { type Reply, redirectReply } from '../reply.ts';
import type { ItemCall, LiveCall, Subject } from './live-call.ts';
import { liveReply, liveTime } from './live-json.ts';

type UserCall = LiveCall<Extract<Subject, { on: 'user' }>>;

/** Parts of the profile that have a scope of their own. */
const profileParts = (call: UserCall, account: Account): Record<string, unknown> => {
  const { scopes } = call.grant;
  const { email } = account;
  const emails = { preferred: email, account: email, personal: null, business: null, other: null };
  return {
    ...(scopes.includes('wl.emails') ? { emails } : {}),
    ...(scopes.includes('wl.birthday') ? { birth_day: null, birth_month: null, birth_year: null } : {}),
    ...(scopes.includes('wl.postal_addresses') ? { addresses: { personal: {}, business: {} } } : {}),
    ...(scopes.includes('wl.phone_numbers') ? { phones: { personal: null, business: null, mobile: null } } : {}),
    ...(scopes.includes('wl.work_profile') ? { work: [] } : {}),
  };
};

/** GET me, GET {uid} */
export const getUser = (call: UserCall): Reply => {
  const { account } = call.subject;
  return liveReply(200, {
    id: account.uid,
    name: fullName(account),
    first_name: account.firstName,
    last_name: account.lastName,
    link: `http://profile.live.com/cid-${account.uid}/`,
    ...profileParts(call, account),
    gender: null,
    locale: 'en_US',
    updated_time: liveTime(account.createdMs),
  });
};

/** GET me/permissions */
export const getPermissions = (call: UserCall): Reply =>
  liveReply(200, { data: [Object.fromEntries(call.grant.scopes.map((scope) => [scope, 1]))] });

/** GET me/friends, me/contacts: nobody here knows anybody. */
export const getContacts = (): Reply => liveReply(200, { data: [] });

/** GET me/picture */
export const getUserPicture = (call: UserCall): Reply => redirectReply(`${call.exchange.base}/pictures/user.png`);

/** GET me/skydrive/quota */
export const getQuota = (call: ItemCall): Reply =>
  liveReply(200, { quota: call.subject.drive.quota, available: call.subject.drive.available });
