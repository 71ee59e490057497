// Settings of the emulator that only Graph understands, checked when they are given.
import type { EmulatorSettings } from '../emulator-options.ts';
import { checkQuirks } from './quirks.ts';

const driveTypes = ['personal', 'business', 'documentLibrary'];

/** Throws RangeError for what means nothing. */
export const checkGraphSettings = ({ quirks, driveType }: Partial<EmulatorSettings>): void => {
  checkQuirks(quirks ?? {});
  if (driveType !== undefined && !driveTypes.includes(driveType)) {
    throw new RangeError(`'driveType' is one of ${driveTypes.join(', ')}`);
  }
};
