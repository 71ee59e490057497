// Whose items a token reaches: its owner's, and what others share with that owner (docs/live-connect-v5.md, 4.2, shared).
import type { Account } from '../accounts.ts';
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { LiveServices, Subject } from './live-call.ts';
import { liveError } from './live-error.ts';

/** Whether the item or a folder above it is shared with the account. */
export const isSharedWith = (drive: DriveState, item: DriveItem, account: Account): boolean => {
  for (
    let at: DriveItem | undefined = item;
    at !== undefined;
    at = at.parent === undefined ? undefined : drive.get(at.parent)
  ) {
    const { sharing } = at;
    if (sharing?.with?.includes(account.uid) === true || sharing?.access === 'Everyone (public)') return true;
  }
  return false;
};

const denied = () => liveError('access_denied', 'The user does not have access to the requested resource.');

export const checkReach = (services: LiveServices, account: Account, subject: Subject, writes: boolean): void => {
  if (subject.on === 'gone' || subject.on === 'service') return;
  if (subject.on === 'user') {
    if (subject.account.uid !== account.uid) throw denied();
    return;
  }
  const { drive } = subject;
  if (drive === services.accounts.drive(account)) return;
  const item = 'item' in subject ? subject.item : undefined;
  if (writes || item === undefined || !isSharedWith(drive, item, account)) throw denied();
};
