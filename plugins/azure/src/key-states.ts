import type { Call, Host, KeyDescription } from 'kkp-plugin-kit';
import type { Algorithm } from './algorithms.js';
import type { KeyBundle, VaultClient } from './client.js';
import { disabledKey, refuse } from './errors.js';
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
const BELIEVED_MS = 10_000;
const MOST_KEYS = 1000;

/** States of keys as the service tells them, remembered for a short time, and what follows from them for wrapping. */
export class KeyStates {
  readonly #known = new Map<string, { readonly state: KeyState; readonly until: number }>();

  constructor(
    private readonly vaultUrl: string,
    private readonly algorithm: Algorithm,
    private readonly clock: Host['clock'],
  ) {}

  /** What is known without asking. */
  known(key: KeyRef): KeyState | undefined {
    const known = this.#known.get(slot(key));
    return known && this.clock.now() < known.until ? known.state : undefined;
  }

  /** Asks the service. */
  async ask(key: KeyRef, client: VaultClient, call: Call): Promise<KeyState> {
    const state = this.#check(await client.getKey(key, call), key);
    this.#known.delete(slot(key));
    const oldest = this.#known.keys().next();
    if (this.#known.size >= MOST_KEYS && !oldest.done) this.#known.delete(oldest.value);
    this.#known.set(slot(key), { state, until: this.clock.now() + BELIEVED_MS });
    return state;
  }

  /**
   * The state of a key that may wrap, asked for where it is not known.
   *
   * @throws KmsError `disabled-key` or `unsupported` when it may not
   */
  async usable(key: KeyRef, client: VaultClient, call: Call): Promise<KeyState> {
    const state = this.known(key) ?? (await this.ask(key, client, call));
    this.#expectUsable(state);
    return state;
  }

  /** The key was rotated after its state was read: the blob counts only if the version that made it may wrap. */
  async expectRotatedTo(version: string, { name }: KeyRef, client: VaultClient, call: Call): Promise<void> {
    const current = await this.ask({ name }, client, call);
    this.#expectUsable(
      current.version === version ? current : await this.ask({ name, version }, client, call),
    );
  }

  describe({ name }: KeyRef, state: KeyState): KeyDescription {
    this.#expectType(state);
    return {
      key: { keyId: canonicalId(this.vaultUrl, name), version: state.version },
      state: this.#mayWrap(state) ? 'enabled' : 'disabled',
      alg: this.algorithm.name,
      protection: state.keyType.endsWith('-HSM') ? 'hsm' : 'software',
    };
  }

  #expectUsable(state: KeyState): void {
    this.#expectType(state);
    if (!this.#mayWrap(state)) throw disabledKey();
    if (!state.operations.includes(this.algorithm.seals)) {
      throw refuse('unsupported', 'The key does not permit this operation (key_ops).');
    }
  }

  #expectType({ keyType }: KeyState): void {
    if (this.algorithm.keyTypes.includes(keyType)) return;
    throw refuse('unsupported', `A key of this type cannot do ${this.algorithm.name}.`);
  }

  /** Outside its window of validity a key may only open. */
  #mayWrap({ enabled, notBefore, expires }: KeyState): boolean {
    const now = this.clock.now();
    return enabled && notBefore <= now && now < expires;
  }

  #check({ key, attributes }: KeyBundle, asked: KeyRef): KeyState {
    const pin = readKid(this.vaultUrl, key?.kid, asked);
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
