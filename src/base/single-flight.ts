// One run at a time for a key: callers that come while it is under way share its result. Errors are shared too, and
// forgotten with the run.
export class SingleFlight<K, V> {
  readonly #running = new Map<K, Promise<V>>();

  run(key: K, work: () => Promise<V>): Promise<V> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = work().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  isRunning(key: K): boolean {
    return this.#running.has(key);
  }
}
