// What befalls a mount on the emulator: the network or the service fails.
import type { Emulator } from '../../src/emulator/emulator.ts';
import type { FaultAction } from '../../src/emulator/faults.ts';
import type { EmulatedDialect } from '../support/emulated.ts';
import type { Trouble } from './world.ts';

const changing = ['PUT', 'POST', 'MOVE', 'DELETE', 'PATCH'] as const;
/** Not the sign-in. */
const path = '^(?!/(oauth20|common/oauth2))';

const failures: Readonly<Record<'cut' | 'busy' | 'broken' | 'slow', FaultAction>> = {
  cut: { do: 'reset' },
  busy: { do: 'answer', status: 429, headers: { 'Retry-After': '1' } },
  broken: { do: 'answer', status: 503 },
  slow: { do: 'delay', ms: 200 },
};

const lose = (admin: Emulator['admin'], method: string): void => {
  admin.addFault({ match: { method, path }, action: { do: 'lose-reply' }, count: 1 });
};

/** `count`: how many requests more than one, or which kind of change (`lost`). */
export const strike = (admin: Emulator['admin'], dialect: EmulatedDialect, { kind, count }: Stroke): void => {
  if (kind === 'expired') admin.expireTokens();
  else if (kind === 'lost') lose(admin, changing[count] ?? 'PUT');
  else if (kind === 'away' && admin.faults().length > 0) admin.clearFaults();
  else if (kind === 'away') {
    for (const method of changing) lose(admin, method);
    admin.addFault({ match: { path }, action: failures.cut });
  } else if (kind !== 'resync') admin.addFault({ match: { path }, action: failures[kind], count: count + 1 });
  else if (dialect === 'graph') {
    const action = { do: 'answer', status: 410, code: 'resyncRequired' } as const;
    admin.addFault({ match: { path: '/delta' }, action, count: 1 });
  }
};

export interface Stroke {
  readonly kind: Trouble;
  readonly count: number;
}
