// The parts of a running emulator that admin calls reach. Made in emulator.ts.
import type { Accounts } from './accounts.ts';
import type { ContentHistory } from './content-history.ts';
import type { ContentStore } from './content-store.ts';
import type { EmulatorSettings } from './emulator-options.ts';
import type { Faults } from './faults.ts';
import type { Grants } from './oauth/grants.ts';
import type { RecordLog } from './record-log.ts';
import type { RequestLog } from './request-log.ts';

export interface EmulatorParts {
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly store: ContentStore;
  readonly history: ContentHistory;
  readonly log: RecordLog;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly settings: {
    readonly get: () => EmulatorSettings;
    readonly change: (change: Partial<EmulatorSettings>) => EmulatorSettings;
  };
  readonly power: { readonly down: (ms?: number) => Promise<void>; readonly up: () => Promise<void> };
}
