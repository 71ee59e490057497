// Commands that take several sources and then a target: with one argument the target is a default, else it is the last one.
export interface SourcesAndTarget {
  readonly sources: readonly string[];
  /** Undefined if only a source was named. */
  readonly target: string | undefined;
}

export const sourcesAndTarget = (named: readonly string[]): SourcesAndTarget =>
  named.length < 2
    ? { sources: named, target: undefined }
    : { sources: named.slice(0, -1), target: named[named.length - 1] };
