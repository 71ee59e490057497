// Web hooks: subscriptions that end in a POST to the subscriber, who first has to prove that the address is its own
// (docs/graph-drive.md, 19). Owned by graph-services.ts.
import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RecordLog, RecordTable } from '../record-log.ts';
import type { PushHub } from './push-hub.ts';

export interface Subscription {
  readonly id: string;
  /** Who made it. */
  readonly account: string;
  /** Whose drive it watches. */
  readonly uid: string;
  readonly resource: string;
  readonly changeType: string;
  readonly notificationUrl: string;
  readonly clientState?: string;
  readonly expiresMs: number;
}

const patienceMs = 10_000;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A POST that always ends; undefined: no answer in time. */
const post = (url: string, body: string): Promise<Answer | undefined> =>
  new Promise((resolve) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const headers = { 'Content-Type': body === '' ? 'text/plain; charset=utf-8' : 'application/json' };
    const request = send(url, { method: 'POST', headers, timeout: patienceMs }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.once('error', () => resolve(undefined));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
    request.end(body);
  });

export class WebHooks {
  readonly #table: RecordTable<string, Subscription>;
  readonly #hub: PushHub;
  readonly #now: () => number;
  readonly #watches = new Map<string, () => void>();

  constructor(log: RecordLog, hub: PushHub, now: () => number) {
    this.#table = log.table('graph-subscriptions');
    this.#hub = hub;
    this.#now = now;
    for (const subscription of this.#table.values()) this.#watch(subscription);
  }

  /** Whether the subscriber answers the question that is sent to that address. */
  async validates(notificationUrl: string): Promise<boolean> {
    const token = `Validation: Testing client application reachability for subscription ${randomUUID()}`;
    const url = new URL(notificationUrl);
    url.searchParams.set('validationToken', token);
    const answer = await post(url.href, '');
    return answer?.status === 200 && answer.text === token;
  }

  list(account: string): Subscription[] {
    return [...this.#table.values()].filter((one) => one.account === account && one.expiresMs > this.#now());
  }

  set(subscription: Subscription): void {
    this.#table.set(subscription.id, subscription);
    if (!this.#watches.has(subscription.id)) this.#watch(subscription);
  }

  delete(id: string): void {
    this.#table.delete(id);
    this.#watches.get(id)?.();
    this.#watches.delete(id);
  }

  #watch({ id, uid }: Subscription): void {
    this.#watches.set(
      id,
      this.#hub.watch(uid, () => this.#tell(id)),
    );
  }

  #tell(id: string): void {
    const subscription = this.#table.get(id);
    if (subscription === undefined || subscription.expiresMs <= this.#now()) {
      this.delete(id);
      return;
    }
    const { clientState, resource, expiresMs, account, notificationUrl } = subscription;
    const notification = {
      subscriptionId: id,
      subscriptionExpirationDateTime: new Date(expiresMs).toISOString(),
      ...(clientState === undefined ? {} : { clientState }),
      resource,
      tenantId: '',
      userId: account,
    };
    // Whoever doesn't answer isn't told again; the next change is.
    void post(notificationUrl, JSON.stringify({ value: [notification] }));
  }
}
