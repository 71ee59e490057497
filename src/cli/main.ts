// Reads the command line and runs the command that it names.
import { CommanderError } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { isMountHelper, makeMountHelper } from './mount-helper.ts';
import { makeProgram } from './program.ts';
import { endOnClosedPipe } from './terminal.ts';

endOnClosedPipe();
try {
  const isHelper = isMountHelper(process.argv[1] ?? '');
  await (isHelper ? makeMountHelper() : makeProgram()).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version come this way too, with 0; everything else that commander refuses is a wrong command line.
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
