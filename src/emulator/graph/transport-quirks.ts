// Trouble that can meet any request, whatever it asks for (docs/graph-quirks.md, throttling and transport).
import { systemClock } from '../../base/clock.ts';
import type { Exchange } from '../exchange.ts';
import { Refusal, type Reply, textReply } from '../reply.ts';
import { GraphError, invalidRequest } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';

/** Before anything is done. */
export const transportFault = async ({ quirks }: GraphServices, exchange: Exchange): Promise<void> => {
  const silence = quirks.number('stall-headers');
  if (silence > 0) await systemClock.sleep(silence, exchange.gone);
  if (quirks.strikes('http-504')) throw new GraphError(504, 'UnknownError', '');
  if (quirks.strikes('err-html')) {
    throw new Refusal(textReply(503, '<html><body><h1>503 Service Unavailable</h1></body></html>', 'text/html'));
  }
  if (quirks.strikes('objecthandle-outage')) throw invalidRequest('ObjectHandle is Invalid', 'invalidResourceId');
  if (exchange.method !== 'GET' && quirks.on('quota-507')) {
    throw new GraphError(507, 'quotaLimitReached', 'Insufficient Space Available');
  }
};

/** Some deployments take no POST without a body of JSON. */
export const checkJson = ({ quirks }: GraphServices, exchange: Exchange): void => {
  if (!quirks.on('post-needs-json') || /json/i.test(exchange.headers['content-type'] ?? '')) return;
  throw new GraphError(415, 'BadRequest', 'The Content-Type must be application/json.');
};

/** Another account's drive may be out of reach for a while. */
export const foreignFault = ({ quirks }: GraphServices): void => {
  if (quirks.strikes('shortcut-target-5xx'))
    throw new GraphError(503, 'serviceNotAvailable', 'The service is not available.');
};

const rawCodes: Readonly<Record<string, string>> = {
  invalidRequest: '-1, Microsoft.SharePoint.Client.InvalidClientQueryException',
  accessDenied: '-2147024891, System.UnauthorizedAccessException',
};

type ErrorBody = { readonly error: Readonly<Record<string, unknown>> };

/** An error's answer as some deployments give it. */
export const distortedError = ({ quirks }: GraphServices, reply: Reply): Reply => {
  if (reply.json === undefined) return reply;
  const { error } = reply.json.value as ErrorBody;
  const raw = quirks.on('b-raw-codes') ? rawCodes[String(error['code'])] : undefined;
  const secret = quirks.on('err-echo-secret')
    ? ' https://my.microsoftpersonalcontent.com/x?tempauth=v1.SECRET Bearer EwSECRET'
    : '';
  const bulk = quirks.on('err-huge') ? 'x'.repeat(256 * 1024) : '';
  if (raw === undefined && secret === '' && bulk === '') return reply;
  const told = { ...error, code: raw ?? error['code'], message: `${String(error['message'])}${secret}${bulk}` };
  return { ...reply, body: reply.json.render({ error: told }) };
};
