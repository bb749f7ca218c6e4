import { isKmsError, type Call, type Host } from 'kkp-plugin-kit';
import type { Ciphertext } from './ciphertext.js';
import type { TransitKey, VaultClient } from './client.js';
import { KnownKeys, type KnownKey } from './known-keys.js';
import type { Session } from './session.js';

/** The keys of the mount as KKP uses them: with the token of now, and only after it is known what a key can do. */
export class Transit {
  readonly #client: VaultClient;
  readonly #session: Session;
  readonly #log: Host['log'];
  readonly #keys: KnownKeys;
  #warned = false;

  constructor(client: VaultClient, session: Session, { clock, log }: Host) {
    this.#client = client;
    this.#session = session;
    this.#log = log;
    this.#keys = new KnownKeys((name, call) => this.#learn(name, call), clock);
  }

  /** `plaintext` and `aad` in base64. Never creates a key that is missing when it looks. */
  async encrypt(
    name: string,
    input: { plaintext: string; aad: string | undefined },
    call: Call,
  ): Promise<{ ciphertext: Ciphertext; type: string }> {
    const { type } = await this.#keys.forWrap(name, call);
    const ciphertext = await this.#ask(name, call, (token) => this.#client.encrypt(token, name, input, call));
    this.#keys.sawVersion(name, ciphertext.version);
    return { ciphertext, type };
  }

  /** The plaintext in base64, and whether another version encrypts by now, as far as is known. */
  async decrypt(
    name: string,
    { ciphertext: { text, version }, aad }: { ciphertext: Ciphertext; aad: string | undefined },
    call: Call,
  ): Promise<{ plaintext: string; stale: boolean }> {
    const { latest } = await this.#keys.forUnwrap(name, call);
    const input = { ciphertext: text, aad };
    const plaintext = await this.#ask(name, call, (token) => this.#client.decrypt(token, name, input, call));
    this.#keys.sawVersion(name, version);
    return { plaintext, stale: version < latest };
  }

  async read(name: string, call: Call): Promise<TransitKey> {
    return this.#ask(name, call, (token) => this.#client.readKey(token, name, call));
  }

  async #learn(name: string, call: Call): Promise<KnownKey> {
    const [key, mayCreate] = await this.#ask(name, call, (token) =>
      Promise.all([this.#client.readKey(token, name, call), this.#mayCreate(token, name, call)]),
    );
    if (mayCreate && !this.#warned) {
      this.#warned = true;
      this.#log(
        'warn',
        'The Vault token may create transit keys: every wrap reads its key first. Give it "update" on encrypt only.',
      );
    }
    return { ...key, mayCreate };
  }

  /** A token that may not ask for its capabilities is taken for one that may create. */
  async #mayCreate(token: string, name: string, call: Call): Promise<boolean> {
    try {
      return await this.#client.mayCreate(token, name, call);
    } catch (error) {
      if (isKmsError(error) && error.code === 'access-denied') return true;
      throw error;
    }
  }

  /** Asks with the token of now, and finds out whose fault a refusal is. */
  async #ask<T>(name: string, call: Call, ask: (token: string) => Promise<T>): Promise<T> {
    const { token } = this.#session;
    try {
      return await ask(token);
    } catch (error) {
      if (!isKmsError(error)) throw error;
      // A key that has gone since is refused to a token that may not create it: the next call finds out.
      if (!error.retryable && error.code !== 'invalid-ciphertext') this.#keys.forget(name);
      throw error.code === 'access-denied' ? await this.#session.explain(error, token, call) : error;
    }
  }
}
