// A signal that follows several others while somebody needs it. By hand, because some of them live as long as a mount, and
// AbortSignal.any leaves something behind on those with every use.

export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Must be called in the end. */
  unlink(): void;
}

export const linkedSignal = (sources: readonly (AbortSignal | undefined)[]): LinkedSignal => {
  const controller = new AbortController();
  const links = sources.flatMap((source) => {
    if (source === undefined) return [];
    const follow = (): void => controller.abort(source.reason);
    if (source.aborted) follow();
    else source.addEventListener('abort', follow);
    return [() => source.removeEventListener('abort', follow)];
  });
  return {
    signal: controller.signal,
    unlink: () => {
      for (const unlink of links) unlink();
    },
  };
};
