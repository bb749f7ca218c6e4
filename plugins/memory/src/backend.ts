import type {
  Call,
  GenerateDataKeyRequest,
  Host,
  KeyDescription,
  KmsBackend,
  KmsCapabilities,
  KmsHealth,
  OpenedKey,
  RewrapRequest,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import { MemoryClient } from './client.js';
import type { MemoryConfig } from './config.js';
import { unavailable } from './errors.js';
import type { MemoryService } from './service.js';

/** One connection to the service in memory. */
export class MemoryBackend implements KmsBackend {
  readonly generateDataKey?: NonNullable<KmsBackend['generateDataKey']>;
  readonly rewrap?: NonNullable<KmsBackend['rewrap']>;
  readonly #capabilities: KmsCapabilities;
  readonly #client: MemoryClient;
  readonly #service: MemoryService;
  readonly #host: Host;
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(config: MemoryConfig, service: MemoryService, host: Host) {
    this.#capabilities = config.emulation.capabilities;
    this.#client = new MemoryClient(config, service, host.random);
    this.#service = service;
    this.#host = host;
    if (this.#capabilities.generateDataKey)
      this.generateDataKey = (...args) => this.#generateDataKey(...args);
    if (this.#capabilities.rewrap !== 'none') this.rewrap = (...args) => this.#rewrap(...args);
  }

  capabilities(): KmsCapabilities {
    return this.#capabilities;
  }

  async open(call: Call): Promise<void> {
    await this.#service.answer(call, this.#host.clock);
    if (this.#state !== 'new') throw unavailable('A backend is opened once only.');
    this.#service.connect(this.#host.random);
    this.#state = 'open';
  }

  async wrapKey(request: WrapRequest, call: Call): Promise<WrappedKey> {
    await this.#answer(call);
    const wrapped = this.#client.encrypt(request);
    if (this.#capabilities.reportsVersionOnWrap) return wrapped;
    return { ...wrapped, key: { keyId: wrapped.key.keyId } };
  }

  async unwrapKey(request: UnwrapRequest, call: Call): Promise<OpenedKey> {
    await this.#answer(call);
    return this.#client.decrypt(request);
  }

  async describeKey(ref: string, call: Call): Promise<KeyDescription> {
    await this.#answer(call);
    return this.#client.describe(ref);
  }

  async health(call: Call): Promise<KmsHealth> {
    const started = this.#host.clock.now();
    await this.#answer(call);
    const checkedAt = this.#host.clock.now();
    return { status: 'up', latencyMs: checkedAt - started, checkedAt };
  }

  close(): Promise<void> {
    if (this.#state === 'open') this.#service.disconnect();
    this.#state = 'closed';
    return Promise.resolve();
  }

  async #generateDataKey({ bytes, ...request }: GenerateDataKeyRequest, call: Call) {
    await this.#answer(call);
    const plaintext = Uint8Array.from(this.#host.random.bytes(bytes));
    const wrapped = this.#client.encrypt({ ...request, plaintext });
    return { plaintext, key: wrapped.key, wrapped };
  }

  async #rewrap({ toKeyId, toAad, ...request }: RewrapRequest, call: Call): Promise<WrappedKey> {
    await this.#answer(call);
    const { plaintext } = this.#client.decrypt(request);
    try {
      return this.#client.encrypt({ keyId: toKeyId, plaintext, ...(toAad && { aad: toAad }) });
    } finally {
      plaintext.fill(0);
    }
  }

  async #answer(call: Call): Promise<void> {
    await this.#service.answer(call, this.#host.clock);
    if (this.#state !== 'open') throw unavailable('The backend is not open.');
  }
}
