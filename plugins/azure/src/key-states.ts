import type { Call, Host, KeyDescription } from 'kkp-plugin-kit';
import type { KeyBundle, VaultClient } from './client.js';
import { refuse } from './errors.js';
import { canonicalId, readKid, type KeyRef } from './key-ids.js';

/** One version of a key, checked. */
export interface KeyState {
  readonly version: string;
  readonly enabled: boolean;
  /** Unix time in milliseconds. */
  readonly notBefore: number;
  readonly expires: number;
  readonly keyType: string;
  readonly operations: readonly string[];
}

/** How long a key's state is believed: the service lets a disabled key wrap, so this bounds how long KKP does. */
export const BELIEVED_MS = 10_000;
const MOST_KEYS = 1000;

/** States of keys as the service tells them, remembered for a short time. */
export class KeyStates {
  readonly #known = new Map<string, { readonly state: KeyState; readonly until: number }>();
  readonly #vaultUrl: string;
  readonly #clock: Host['clock'];

  constructor(vaultUrl: string, clock: Host['clock']) {
    this.#vaultUrl = vaultUrl;
    this.#clock = clock;
  }

  /** What is known without asking. */
  known(key: KeyRef): KeyState | undefined {
    const known = this.#known.get(slot(key));
    return known && this.#clock.now() < known.until ? known.state : undefined;
  }

  /** Asks the service. */
  async ask(key: KeyRef, client: VaultClient, call: Call): Promise<KeyState> {
    const state = this.#check(await client.getKey(key, call), key);
    this.#known.delete(slot(key));
    const oldest = this.#known.keys().next();
    if (this.#known.size >= MOST_KEYS && !oldest.done) this.#known.delete(oldest.value);
    this.#known.set(slot(key), { state, until: this.#clock.now() + BELIEVED_MS });
    return state;
  }

  /** Whether the key may wrap now: outside its window of validity it may only open. */
  isUsable({ enabled, notBefore, expires }: KeyState): boolean {
    const now = this.#clock.now();
    return enabled && notBefore <= now && now < expires;
  }

  describe({ name }: KeyRef, state: KeyState, alg: string): KeyDescription {
    return {
      key: { keyId: canonicalId(this.#vaultUrl, name), version: state.version },
      state: this.isUsable(state) ? 'enabled' : 'disabled',
      alg,
      protection: state.keyType.endsWith('-HSM') ? 'hsm' : 'software',
    };
  }

  #check({ key, attributes }: KeyBundle, asked: KeyRef): KeyState {
    const pin = readKid(this.#vaultUrl, key?.kid, asked);
    if (!pin || typeof key?.kty !== 'string') {
      throw refuse('unavailable', 'The vault described another key than the asked one.', 'provider');
    }
    return {
      version: pin.version,
      enabled: attributes?.enabled === true,
      notBefore: attributes?.notBefore?.getTime() ?? -Infinity,
      expires: attributes?.expires?.getTime() ?? Infinity,
      keyType: key.kty,
      operations: key.keyOps ?? [],
    };
  }
}

const slot = ({ name, version = '' }: KeyRef): string => `${name}/${version}`;
