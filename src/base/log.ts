// Levelled lines of text. Owned by mount.ts and the commands, which decide where the lines go; nothing else prints.
import { messageOf } from './errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(message: string, cause?: unknown): void;
  info(message: string, cause?: unknown): void;
  warn(message: string, cause?: unknown): void;
  error(message: string, cause?: unknown): void;
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const causeText = (cause: unknown, withStack: boolean): string => {
  if (cause === undefined) return '';
  const stack = withStack && cause instanceof Error ? cause.stack : undefined;
  return `: ${stack ?? messageOf(cause)}`;
};

/** A log that hands every line at or above `level`, stamped with UTC time, to `write`. */
export const makeLog = (level: LogLevel, write: (line: string) => void): Log => {
  const emit = (at: LogLevel, message: string, cause?: unknown): void => {
    if (order.indexOf(at) < order.indexOf(level)) return;
    write(`${new Date().toISOString()} ${at} ${message}${causeText(cause, at === 'error' || level === 'debug')}`);
  };
  return {
    debug: (message, cause) => emit('debug', message, cause),
    info: (message, cause) => emit('info', message, cause),
    warn: (message, cause) => emit('warn', message, cause),
    error: (message, cause) => emit('error', message, cause),
  };
};

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
