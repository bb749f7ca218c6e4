import {
  isKmsError,
  withinCall,
  type Call,
  type Host,
  type KeyDescription,
  type KmsBackend,
  type KmsCapabilities,
  type KmsErrorCode,
  type KmsHealth,
  type OpenedKey,
  type RewrapRequest,
  type UnwrapRequest,
  type WrappedKey,
  type WrapRequest,
} from 'kkp-plugin-kit';
import { KeyClient, MAX_PLAINTEXT_BYTES } from './client.js';
import type { LocalConfig } from './config.js';
import { asKmsError, refuse } from './errors.js';
import { nodeFiles, type Files } from './files.js';
import { checkKeyId } from './key-id.js';
import type { Key } from './key.js';
import { Keys } from './keys.js';
import { openStore } from './store.js';

const CAPABILITIES = Object.freeze({
  aad: 'bytes',
  maxPlaintextBytes: MAX_PLAINTEXT_BYTES,
  integrity: 'aead',
  versions: 'in-blob',
  reportsVersionOnUnwrap: true,
  reportsVersionOnWrap: true,
  generateDataKey: false,
  rewrap: 'full',
} as const satisfies KmsCapabilities);

/** The keys of one store. It only reads: keys are made and changed by `LocalKeyStore`. */
export class LocalBackend implements KmsBackend {
  readonly #config: LocalConfig;
  readonly #host: Host;
  readonly #files: Files;
  readonly #client: KeyClient;
  #keys: Keys | undefined;
  #state: 'new' | 'opening' | 'open' | 'closed' = 'new';

  constructor(config: LocalConfig, host: Host, files: Files = nodeFiles) {
    this.#config = config;
    this.#host = host;
    this.#files = files;
    this.#client = new KeyClient(host.random);
  }

  capabilities(): KmsCapabilities {
    return CAPABILITIES;
  }

  /** Reads every key once: a damaged one is logged now, and refused when it is used. */
  async open(call: Call): Promise<void> {
    await this.#promptly(call, async () => {
      if (this.#state !== 'new') throw refuse('not-open');
      this.#state = 'opening';
      const seams = { files: this.#files, random: this.#host.random };
      const keys = new Keys(await openStore(this.#config, seams));
      const unreadable = await unreadableOf(keys);
      if (this.#isClosed()) throw refuse('not-open');
      this.#keys = keys;
      this.#state = 'open';
      if (unreadable.length > 0) {
        this.#host.log('error', 'Some keys of the local store cannot be read.', { keys: unreadable });
      }
    });
  }

  async wrapKey(request: WrapRequest, call: Call): Promise<WrappedKey> {
    checkSize(request.plaintext);
    const key = await this.#find(request.keyId, call);
    return this.#client.wrap(key, request);
  }

  async unwrapKey(request: UnwrapRequest, call: Call): Promise<OpenedKey> {
    const key = await this.#find(request.keyId, call);
    return this.#client.unwrap(key, request);
  }

  async rewrap({ toKeyId, toAad, ...request }: RewrapRequest, call: Call): Promise<WrappedKey> {
    const [from, to] = await Promise.all([this.#find(request.keyId, call), this.#find(toKeyId, call)]);
    const { plaintext } = this.#client.unwrap(from, request);
    try {
      return this.#client.wrap(to, { keyId: toKeyId, plaintext, ...(toAad && { aad: toAad }) });
    } finally {
      plaintext.fill(0);
    }
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    return this.#client.describe(ref, await this.#find(ref, call));
  }

  /** Looks into the directory of the store. */
  async health(call: Call): Promise<KmsHealth> {
    const started = this.#host.clock.now();
    const failure = await this.#probe(call);
    const checkedAt = this.#host.clock.now();
    const times = { latencyMs: checkedAt - started, checkedAt };
    return failure === undefined ? { status: 'up', ...times } : { status: 'down', detail: failure, ...times };
  }

  close(): Promise<void> {
    this.#state = 'closed';
    this.#keys?.forget();
    this.#keys = undefined;
    return Promise.resolve();
  }

  async #find(keyId: string, call: Call): Promise<Key> {
    return this.#promptly(call, async () => {
      const { key } = await this.#opened().get(checkKeyId(keyId));
      this.#opened();
      return key;
    });
  }

  async #probe(call: Call): Promise<KmsErrorCode | undefined> {
    const keys = this.#opened();
    try {
      await this.#promptly(call, () => keys.probe());
      return undefined;
    } catch (error) {
      if (call.signal.aborted || this.#isClosed()) throw error;
      return asKmsError(error).code;
    }
  }

  async #promptly<T>(call: Call, work: () => Promise<T>): Promise<T> {
    try {
      return await withinCall(call, this.#host.clock, work);
    } catch (error) {
      throw asKmsError(error);
    }
  }

  #opened(): Keys {
    if (this.#keys) return this.#keys;
    throw refuse('not-open');
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

async function unreadableOf(keys: Keys): Promise<readonly string[]> {
  return [...(await keys.all())].filter(([, found]) => isKmsError(found)).map(([name]) => name);
}

function checkSize({ length }: Uint8Array): void {
  if (length < 1 || length > MAX_PLAINTEXT_BYTES) throw refuse('plaintext-size');
}
