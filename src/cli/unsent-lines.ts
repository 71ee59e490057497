// How commands name what is not on the drive.
import type { UnsentChange } from '../open-file-system.ts';
import { printable } from './terminal.ts';

const mostLines = 20;

const stateOf = ({ parked, trouble, running, sent, total }: UnsentChange): string => {
  if (parked !== undefined) return `cannot be sent: ${parked}`;
  if (sent !== undefined && total !== undefined && total > 0) return `${Math.floor((100 * sent) / total)}% sent`;
  if (running) return 'being sent';
  return trouble === undefined ? 'waiting' : `will be tried again: ${trouble}`;
};

/** One line each, the first ones only: a full queue can hold very many. */
export const unsentLines = (changes: readonly UnsentChange[]): string => {
  const lines = changes
    .slice(0, mostLines)
    .map((change) => printable(`  ${change.path} (${change.what}): ${stateOf(change)}`));
  const more = changes.length - lines.length;
  return [...lines, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
};

export const countOf = (changes: readonly UnsentChange[]): string =>
  changes.length === 1 ? '1 change' : `${changes.length} changes`;
