// Levelled lines of text. Owned by mount.ts and the commands, which decide where the lines go; nothing else prints.
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string, cause?: unknown): void;
  error(message: string, cause?: unknown): void;
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const causeText = (cause: unknown, withStack: boolean): string => {
  if (cause === undefined) return '';
  if (!(cause instanceof Error)) return `: ${String(cause)}`;
  return `: ${withStack ? (cause.stack ?? cause.message) : cause.message}`;
};

/** A log that hands every line at or above `level`, stamped with UTC time, to `write`. */
export const makeLog = (level: LogLevel, write: (line: string) => void): Log => {
  const emit = (at: LogLevel, message: string, cause?: unknown): void => {
    if (order.indexOf(at) < order.indexOf(level)) return;
    write(`${new Date().toISOString()} ${at} ${message}${causeText(cause, at === 'error' || level === 'debug')}`);
  };
  return {
    debug: (message) => emit('debug', message),
    info: (message) => emit('info', message),
    warn: (message, cause) => emit('warn', message, cause),
    error: (message, cause) => emit('error', message, cause),
  };
};

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
