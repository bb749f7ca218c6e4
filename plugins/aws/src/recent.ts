const MOST = 1000;

/** A map that forgets what is older than `rememberMs`, and the oldest when it holds a thousand. */
export class Recent<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly until: number }>();
  readonly #rememberMs: number;
  readonly #now: () => number;

  constructor(rememberMs: number, now: () => number) {
    this.#rememberMs = rememberMs;
    this.#now = now;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#now() < entry.until ? entry.value : undefined;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= MOST && !oldest.done) this.#entries.delete(oldest.value);
    this.#entries.set(key, { value, until: this.#now() + this.#rememberMs });
  }
}
