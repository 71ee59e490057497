// POST, GET, PATCH, DELETE of subscriptions to a drive's changes (docs/graph-drive.md, 19).
import { randomUUID } from 'node:crypto';
import { emptyReply, type Reply } from '../reply.ts';
import { decodedPart, readAddress } from './graph-address.ts';
import { readFields, textField, timeField } from './graph-body.ts';
import type { GraphCall } from './graph-call.ts';
import { GraphError, invalidRequest, itemNotFound } from './graph-error.ts';
import { graphReply, graphTime } from './graph-json.ts';
import { checkReach, findSubject } from './graph-place.ts';
import type { GraphObject } from './graph-viewer.ts';
import type { Subscription } from './web-hooks.ts';

/** Minutes ahead. */
const longest = 42_300;

const subscriptionObject = ({
  id,
  resource,
  changeType,
  notificationUrl,
  clientState,
  expiresMs,
  account,
}: Subscription): GraphObject => ({
  id,
  resource,
  changeType,
  clientState: clientState ?? null,
  notificationUrl,
  expirationDateTime: graphTime(expiresMs, 's'),
  applicationId: '',
  creatorId: account,
});

/** The service takes https alone; a subscriber on this machine has no certificate. */
const checkUrl = (url: string | undefined): string => {
  const known = url !== undefined && /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(url);
  if (!known) throw invalidRequest('The notificationUrl must be an https address.');
  return url;
};

const checkExpiry = (call: GraphCall, ms: number | undefined): number => {
  const now = call.services.now();
  if (ms === undefined || ms <= now || ms > now + longest * 60_000) {
    throw invalidRequest(`Subscription expiration can only be ${longest} minutes in the future.`);
  }
  return ms;
};

/** The owner of the drive whose root it is. */
const watchedDrive = (call: GraphCall, resource: string | undefined): string => {
  const segments = (resource ?? '').split('/').filter((part) => part !== '');
  const address = readAddress(segments.map(decodedPart));
  const subject = findSubject(call.services, call.account, address);
  if (subject.on !== 'item' || subject.item.parent !== undefined)
    throw invalidRequest('The resource must be the root of a drive.');
  checkReach(call.services, call.account, address, subject, false);
  return subject.drive.uid;
};

/** POST /subscriptions */
export const createSubscription = async (call: GraphCall): Promise<Reply> => {
  const { services, account } = call;
  const fields = await readFields(call.exchange);
  const [resource = '', clientState] = ['resource', 'clientState'].map((name) => textField(fields, name));
  if (fields['changeType'] !== 'updated') throw invalidRequest("Only the changeType 'updated' is supported.");
  const notificationUrl = checkUrl(textField(fields, 'notificationUrl'));
  const expiresMs = checkExpiry(call, timeField(fields, 'expirationDateTime', 'ms'));
  const uid = watchedDrive(call, resource);
  if (!(await services.hooks.validates(notificationUrl))) {
    throw new GraphError(400, 'ValidationError', 'Subscription validation request failed. HTTP status code is not OK.');
  }
  const made = {
    id: randomUUID(),
    account: account.uid,
    uid,
    resource,
    changeType: 'updated',
    notificationUrl,
    ...(clientState === undefined ? {} : { clientState }),
    expiresMs,
  };
  services.hooks.set(made);
  return graphReply(201, subscriptionObject(made));
};

const found = (call: GraphCall): Subscription => {
  const one = call.services.hooks.list(call.account.uid).find(({ id }) => id === call.address.words[1]);
  if (one === undefined) throw itemNotFound();
  return one;
};

/** GET /subscriptions */
export const listSubscriptions = (call: GraphCall): Reply =>
  graphReply(200, { value: call.services.hooks.list(call.account.uid).map(subscriptionObject) });

/** GET /subscriptions/{id} */
export const getSubscription = (call: GraphCall): Reply => graphReply(200, subscriptionObject(found(call)));

/** PATCH /subscriptions/{id}: a later end. */
export const renewSubscription = async (call: GraphCall): Promise<Reply> => {
  if (call.services.quirks.on('sub-308')) return emptyReply(308);
  const one = found(call);
  const fields = await readFields(call.exchange);
  const renewed = { ...one, expiresMs: checkExpiry(call, timeField(fields, 'expirationDateTime', 'ms')) };
  call.services.hooks.set(renewed);
  return graphReply(200, subscriptionObject(renewed));
};

/** DELETE /subscriptions/{id} */
export const deleteSubscription = (call: GraphCall): Reply => {
  call.services.hooks.delete(found(call).id);
  return emptyReply(204);
};
