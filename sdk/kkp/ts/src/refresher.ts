/** Fetches anew what is kept for a while: one fetch at a time, and none too soon after the last. */
export class Refresher {
  /** What the last fetch threw; undefined when it went well. */
  failure: unknown;
  readonly #fetch: () => Promise<void>;
  readonly #now: () => number;
  #attemptedAt = -Infinity;
  #fetching: Promise<void> | undefined;

  /** @param now Unix milliseconds */
  constructor(fetch: () => Promise<void>, now: () => number) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /**
   * Nothing within `waitMs` of the beginning of the last fetch, unless the clock was set back behind it. Never rejects: what a
   * failure means depends on what is at hand.
   */
  async refresh(waitMs: number): Promise<void> {
    const elapsed = this.#now() - this.#attemptedAt;
    if (!this.#fetching && elapsed >= 0 && elapsed < waitMs) return;
    this.#fetching ??= this.#attempt().finally(() => (this.#fetching = undefined));
    await this.#fetching;
  }

  async #attempt(): Promise<void> {
    this.#attemptedAt = this.#now();
    try {
      await this.#fetch();
      this.failure = undefined;
    } catch (error) {
      this.failure = error;
    }
  }
}
