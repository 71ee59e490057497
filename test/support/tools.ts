// Programs of the system that tests use on a mount.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Why a test that needs these cannot run; undefined if all are there. */
export const missingTools = (...programs: readonly string[]): string | undefined => {
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
};
