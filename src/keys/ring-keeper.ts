import type { KeyObject } from 'node:crypto';
import { KkpError } from '../errors.js';
import { signingKey, type SigningKey } from './ed25519.js';
import { renderJwks, type Jwks } from './jwks.js';
import { importPublicKeys } from './public-keys.js';
import type { Ring } from './ring.js';
import type { KeyStore } from './store.js';

/** The ring that is served now, with everything that follows from it. */
interface Held {
  readonly revision: number;
  readonly ring: Ring;
  readonly keys: ReadonlyMap<string, SigningKey>;
  readonly jwks: Jwks;
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
}

/**
 * The ring in memory and in the store: a changed ring is stored first and served after. One change at a time; whoever
 * changes or reads for a change does so inside `exclusively`.
 */
export class RingKeeper {
  readonly #store: KeyStore;
  #held: Held | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(store: KeyStore) {
    this.#store = store;
  }

  get started(): boolean {
    return this.#held !== undefined;
  }

  /** True while a change is under way or waits. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  /** @throws KkpError `unavailable` before there is a ring */
  get current(): Held {
    if (!this.#held) throw new KkpError('unavailable', 'The signing keys are not ready yet.');
    return this.#held;
  }

  /** Runs changes one at a time, in the order they were asked for. */
  exclusively<T>(change: () => Promise<T>): Promise<T> {
    this.#pending += 1;
    const run = this.#tail.then(change).finally(() => (this.#pending -= 1));
    this.#tail = run.catch(() => undefined);
    return run;
  }

  /** Serves the same keys with other notes on them; the store learns of those with the next change. */
  note(ring: Ring): void {
    this.#held = { ...this.current, ring };
  }

  /** Stores and serves the first ring. False when another process has stored one meanwhile. */
  begin(ring: Ring, keys: readonly SigningKey[]): Promise<boolean> {
    return this.#replace(undefined, ring, keys);
  }

  /** Stores and serves a changed ring. False, with nothing changed, when another process has been ahead. */
  change(ring: Ring, fresh: readonly SigningKey[] = []): Promise<boolean> {
    const { revision, keys } = this.current;
    return this.#replace(revision, ring, [...keys.values(), ...fresh]);
  }

  /** Serves the stored ring, after `adapt`. False when there is none. */
  async adopt(adapt: (ring: Ring) => Ring): Promise<boolean> {
    const stored = await this.#store.load();
    if (!stored) return false;
    const keys = [...stored.privateKeys].map(([kid, privateKey]) => checkedKey(kid, privateKey));
    this.#serve(stored.revision, adapt(stored.ring), keys);
    return true;
  }

  async #replace(expected: number | undefined, ring: Ring, known: readonly SigningKey[]): Promise<boolean> {
    const keys = keysOf(ring, known);
    const privateKeys = new Map(keys.map(({ kid, privateKey }) => [kid, privateKey]));
    const revision = await this.#store.replace(expected, { ring, privateKeys });
    if (revision === undefined) return false;
    this.#serve(revision, ring, keys);
    return true;
  }

  #serve(revision: number, ring: Ring, known: readonly SigningKey[]): void {
    const keys = keysOf(ring, known);
    const set = { keys: keys.map(({ jwk }) => jwk) };
    this.#held = {
      revision,
      ring,
      keys: new Map(keys.map((key) => [key.kid, key])),
      jwks: renderJwks(set),
      // Taken in as any other verifier would: KKP publishes no key that it would refuse itself.
      publicKeys: importPublicKeys(set),
    };
  }
}

/** The keys of the ring, in its order. */
function keysOf(ring: Ring, known: readonly SigningKey[]): SigningKey[] {
  const byKid = new Map(known.map((key) => [key.kid, key]));
  return ring.keys.map(({ kid }) => {
    const key = byKid.get(kid);
    if (!key) throw new Error(`The key store holds no private key for the signing key ${kid}.`);
    return key;
  });
}

function checkedKey(kid: string, privateKey: KeyObject): SigningKey {
  const key = signingKey(privateKey);
  if (key.kid !== kid) throw new Error(`The key store holds another private key under the name ${kid}.`);
  return key;
}
