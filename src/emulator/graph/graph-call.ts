// One call of Graph after its address and token were understood: what every handler gets.
import type { Account } from '../accounts.ts';
import type { Exchange } from '../exchange.ts';
import type { Grant } from '../oauth/grants.ts';
import type { Address } from './graph-address.ts';
import type { Subject } from './graph-place.ts';
import type { GraphServices } from './graph-services.ts';

export interface GraphCall<S extends Subject = Subject> {
  readonly exchange: Exchange;
  readonly services: GraphServices;
  /** Whose token it is. */
  readonly account: Account;
  readonly grant: Grant;
  readonly address: Address;
  readonly subject: S;
}

export type DriveCall = GraphCall<Extract<Subject, { on: 'drive' }>>;
export type ItemCall = GraphCall<Extract<Subject, { on: 'item' }>>;
/** An item, or the place where one could be. */
export type PlaceCall = GraphCall<Extract<Subject, { on: 'item' | 'gap' }>>;
