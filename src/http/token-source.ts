// PORT: where the bearer token comes from. Implemented in auth/; asked by HttpClient for each request that carries one.
export interface TokenSource {
  /** The token to try. Rejects where there is none, with whatever tells the user how to sign in. */
  token(signal?: AbortSignal): Promise<string>;
  /**
   * A token other than `stale`, which the service has refused. One renewal serves all callers. Rejects where none can be
   * had.
   */
  renew(stale: string, signal?: AbortSignal): Promise<string>;
}
