// Moments with nanoseconds, as files carry them.
export interface Timestamp {
  /** Whole seconds since 1970; may be negative. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

/** From milliseconds since 1970; fractions of a millisecond are kept. */
export const timestamp = (ms: number): Timestamp => {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanoseconds: Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6)) };
};

/** Milliseconds since 1970. */
export const milliseconds = (time: Timestamp): number => time.seconds * 1000 + Math.floor(time.nanoseconds / 1e6);

let lastNow: Timestamp = { seconds: 0, nanoseconds: 0 };

/** The present, to the resolution of the clock; two calls never give the same moment, so that changes can be told apart. */
export const timestampNow = (nowMs: number): Timestamp => {
  const now = timestamp(nowMs);
  const later =
    now.seconds > lastNow.seconds || (now.seconds === lastNow.seconds && now.nanoseconds > lastNow.nanoseconds);
  const follower =
    lastNow.nanoseconds === 999_999_999
      ? { seconds: lastNow.seconds + 1, nanoseconds: 0 }
      : { seconds: lastNow.seconds, nanoseconds: lastNow.nanoseconds + 1 };
  const far = now.seconds < lastNow.seconds - 1;
  lastNow = later || far ? now : follower;
  return lastNow;
};
