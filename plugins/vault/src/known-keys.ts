import { KmsError, type Call, type Host } from 'kkp-plugin-kit';
import type { TransitKey } from './client.js';

/** What is remembered of a key. */
export interface KnownKey extends TransitKey {
  /** Whether the token would create the key by encrypting with it, were it missing. */
  readonly mayCreate: boolean;
}

const REMEMBER_MS = 5 * 60 * 1000;
const MOST_KEYS = 1000;
/** The types that take `associated_data` (KeyType.AssociatedDataSupported in sdk/helper/keysutil/policy.go). */
const AEAD_TYPES = /^(?:aes(?:128|256)-gcm96|x?chacha20-poly1305)$/;

/** Which keys can be used, read at first use and again every five minutes. Only keys that exist are remembered. */
export class KnownKeys {
  readonly #read: (name: string, call: Call) => Promise<KnownKey>;
  readonly #clock: Host['clock'];
  readonly #known = new Map<string, { key: KnownKey; until: number }>();

  constructor(read: (name: string, call: Call) => Promise<KnownKey>, clock: Host['clock']) {
    this.#read = read;
    this.#clock = clock;
  }

  /** A key that wraps. Where wrapping could create it, it is read each time, so that a typo makes no key. */
  async forWrap(name: string, call: Call): Promise<KnownKey> {
    const known = this.#recall(name);
    return known?.mayCreate === false ? known : usable(await this.#readNow(name, call));
  }

  async forUnwrap(name: string, call: Call): Promise<KnownKey> {
    return this.#recall(name) ?? usable(await this.#readNow(name, call));
  }

  /** An answer of Vault told that the key has this version. */
  sawVersion(name: string, version: number): void {
    const known = this.#known.get(name);
    if (known && known.key.latest < version) known.key = { ...known.key, latest: version };
  }

  forget(name: string): void {
    this.#known.delete(name);
  }

  #recall(name: string): KnownKey | undefined {
    const known = this.#known.get(name);
    return known && this.#clock.now() < known.until ? known.key : undefined;
  }

  async #readNow(name: string, call: Call): Promise<KnownKey> {
    this.forget(name);
    const key = await this.#read(name, call);
    const oldest = this.#known.keys().next();
    if (this.#known.size >= MOST_KEYS && !oldest.done) this.#known.delete(oldest.value);
    if (isUsable(key)) this.#known.set(name, { key, until: this.#clock.now() + REMEMBER_MS });
    return key;
  }
}

function isUsable({ type, derived, softDeleted }: TransitKey): boolean {
  return AEAD_TYPES.test(type) && !derived && !softDeleted;
}

function usable(key: KnownKey): KnownKey {
  if (isUsable(key)) return key;
  if (key.softDeleted) throw new KmsError('disabled-key', 'The key is soft-deleted.', { side: 'caller' });
  const message = key.derived
    ? 'A derived key cannot be used: it wants a context, which is no AAD.'
    : 'Only keys of an AEAD type can be used: aes128-gcm96, aes256-gcm96, chacha20-poly1305, xchacha20-poly1305.';
  throw new KmsError('unsupported', message, { side: 'caller' });
}
