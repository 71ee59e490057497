// What the sign-in of the identity platform works with.
import type { Accounts } from '../accounts.ts';
import type { V2Grants } from './v2-grants.ts';

export interface V2Parts {
  readonly accounts: Accounts;
  readonly grants: V2Grants;
  readonly autoApprove: () => boolean;
  /** Seconds between two questions for a device code. */
  readonly deviceInterval: () => number;
  /** Whether this question came too early. */
  readonly slowsDown: () => boolean;
}
