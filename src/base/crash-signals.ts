/** What a process dies of that nobody ended. */
export const crashSignals: ReadonlySet<NodeJS.Signals | null> = new Set([
  'SIGBUS',
  'SIGSEGV',
  'SIGABRT',
  'SIGILL',
  'SIGFPE',
]);
