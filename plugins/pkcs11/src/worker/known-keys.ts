import { WorkerFailure } from './failure.js';
import type { Keys, Versions } from './keys.js';
import type { Handle } from './cryptoki.js';

const MOST_KEYS = 1000;

/**
 * Keys that were looked up a moment ago, where the options allow that. What a remembered key refuses is asked again of
 * the token, so that no version is missed; a version that wraps or opens too long is the price.
 */
export class KnownKeys {
  readonly #keys: Keys;
  readonly #rememberMs: number;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly versions: Versions; readonly until: number }>();

  constructor(keys: Keys, rememberMs: number, now: () => number) {
    this.#keys = keys;
    this.#rememberMs = rememberMs;
    this.#now = now;
  }

  /** Runs `act` with what is remembered, and again with what the token says when that is refused. */
  async use<T>(session: Handle, label: string, act: (versions: Versions) => T | Promise<T>): Promise<T> {
    const known = this.#known.get(label);
    if (known && this.#now() < known.until) {
      try {
        return await act(known.versions);
      } catch (error) {
        if (!mayBeOutdated(error)) throw error;
      }
    }
    return await act(this.look(session, label));
  }

  /** What the token says now. */
  look(session: Handle, label: string): Versions {
    this.#known.delete(label);
    const versions = this.#keys.versions(session, label);
    if (this.#rememberMs > 0) {
      const oldest = this.#known.keys().next();
      if (this.#known.size >= MOST_KEYS && !oldest.done) this.#known.delete(oldest.value);
      this.#known.set(label, { versions, until: this.#now() + this.#rememberMs });
    }
    return versions;
  }
}

const mayBeOutdated = (error: unknown): boolean =>
  error instanceof WorkerFailure &&
  /^(?:VERSION_ABSENT|KEY_DISABLED|CKR_KEY_FUNCTION_NOT_PERMITTED|CKR_(?:KEY|OBJECT|WRAPPING_KEY|UNWRAPPING_KEY)_HANDLE_INVALID)$/.test(
    error.name,
  );
