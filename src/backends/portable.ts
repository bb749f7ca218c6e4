import { KmsError } from 'kkp-plugin-kit';
import type {
  Call,
  GenerateDataKeyRequest,
  KeyDescription,
  KmsBackend,
  KmsCapabilities,
  KmsErrorCode,
  KmsHealth,
  OpenedKey,
  RewrapRequest,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import type { CallContext } from '../call-context.js';
import * as check from './answers.js';
import { BackendCalls, type CallOptions, type CallsStatus } from './calls/backend-calls.js';
import type { KmsOperation } from './calls/observer.js';
import { admit, capabilitiesOf, rewrapsNatively } from './capabilities.js';
import { KeyDescriptions } from './key-descriptions.js';
import { asKmsError, badRequest } from './kms-errors.js';
import { isKeyId } from './shapes.js';
import { zero } from './zero.js';

/**
 * What the rest of KKP sees of a backend. Every call has a deadline, ends when its caller has gone, is checked
 * on its way in and out, is retried where that may help, and rejects with `KmsError` only.
 */
export class PortableBackend {
  private readonly calls: BackendCalls;
  private readonly descriptions: KeyDescriptions;

  constructor(
    readonly name: string,
    private readonly backend: KmsBackend,
    private readonly options: CallOptions,
  ) {
    const { observer, clock } = options;
    this.calls = new BackendCalls(name, options);
    this.descriptions = new KeyDescriptions(
      {
        ask: (ref, requestId) => this.askDescription(ref, { requestId }),
        onLookup: (result) => observer.onDescribe?.({ backend: name, result }),
      },
      clock,
    );
  }

  get status(): CallsStatus {
    return this.calls.status;
  }

  /** @throws KmsError also for a key id that the backend does not take */
  capabilities(keyId: string): KmsCapabilities {
    return capabilitiesOf(this.backend, keyId);
  }

  /** Each attempt gets a copy of the plaintext, so that nothing a backend does reaches the caller's. */
  async wrapKey(request: WrapRequest, context: CallContext): Promise<WrappedKey> {
    const { keyId } = request;
    const { maxPlaintextBytes } = admit(this.backend, keyId, request.aad);
    if (request.plaintext.length === 0 || request.plaintext.length > maxPlaintextBytes) {
      throw badRequest(`The key wraps 1 to ${maxPlaintextBytes} bytes.`);
    }
    return await this.calls.run('wrapKey', context, {
      attempt: async (call) => {
        const plaintext = Uint8Array.from(request.plaintext);
        try {
          return check.checkWrapped(await this.backend.wrapKey({ ...request, plaintext }, call));
        } finally {
          zero(plaintext);
        }
      },
      confirm: ({ key }, call) => this.expectKey(keyId, key.keyId, 'unavailable', call),
    });
  }

  /** The answer's plaintext belongs to the caller, who zeroes it. */
  async unwrapKey(request: UnwrapRequest, context: CallContext): Promise<OpenedKey> {
    const { maxPlaintextBytes } = admit(this.backend, request.keyId, request.aad);
    return await this.secretCall('unwrapKey', request.keyId, context, async (call) =>
      check.checkOpened(await this.backend.unwrapKey(request, call), maxPlaintextBytes),
    );
  }

  /** A fresh key and the same key wrapped: by the key service where it can, else from our own randomness. */
  async generateDataKey(
    request: GenerateDataKeyRequest,
    context: CallContext,
  ): Promise<OpenedKey & { wrapped: WrappedKey }> {
    const { keyId, bytes, aad } = request;
    const { generateDataKey } = admit(this.backend, keyId, aad);
    if (generateDataKey) {
      return await this.secretCall('generateDataKey', keyId, context, async (call) =>
        check.checkDataKey(await this.backend.generateDataKey?.(request, call), bytes),
      );
    }
    const plaintext = this.options.random.bytes(bytes);
    try {
      const wrapped = await this.wrapKey({ keyId, plaintext, ...(aad && { aad }) }, context);
      return { plaintext, key: wrapped.key, wrapped };
    } catch (error) {
      zero(plaintext);
      throw error;
    }
  }

  /**
   * Moves a wrapped key to the current version of its key, or to another key of this backend: inside the key service
   * where it can for both keys and this AAD, else by opening and wrapping it here, where the plaintext is zeroed.
   */
  async rewrap(request: RewrapRequest, context: CallContext): Promise<WrappedKey> {
    const { keyId, wrapped, aad, toKeyId, toAad } = request;
    const from = admit(this.backend, keyId, aad);
    const to = admit(this.backend, toKeyId, toAad);
    if (rewrapsNatively(request, from, to)) {
      return await this.calls.run('rewrap', context, {
        attempt: async (call) => check.checkWrapped(await this.backend.rewrap?.(request, call)),
        confirm: ({ key }, call) => this.expectKey(toKeyId, key.keyId, 'unavailable', call),
      });
    }
    return await this.calls.together(context, async (call) => {
      const { plaintext } = await this.unwrapKey({ keyId, wrapped, ...(aad && { aad }) }, call);
      try {
        return await this.wrapKey({ keyId: toKeyId, plaintext, ...(toAad && { aad: toAad }) }, call);
      } finally {
        zero(plaintext);
      }
    });
  }

  /** For several calls of one request: together they take no longer than one may. */
  withDeadline(context: CallContext): CallContext {
    const { clock, limits } = this.options;
    const deadline = Math.min(clock.now() + limits.callTimeoutMs, context.deadline ?? Infinity);
    return { ...context, deadline };
  }

  /** At most five minutes old, or as fresh as `maxAgeMs` asks for: 0 is now. */
  async describeKey(
    ref: string,
    context: CallContext,
    { maxAgeMs }: { readonly maxAgeMs?: number } = {},
  ): Promise<KeyDescription> {
    if (!isKeyId(ref)) throw badRequest('A key id has 1 to 1024 characters.');
    return await this.calls.together(context, (call) => this.descriptions.get(ref, call, maxAgeMs));
  }

  /** What a probe says now. Never rejects: a probe that fails says `down`. */
  async health(context: CallContext): Promise<KmsHealth> {
    const { clock } = this.options;
    const started = clock.now();
    try {
      return await this.calls.probe(context, async (call) =>
        check.checkHealth(await this.backend.health(call)),
      );
    } catch (error) {
      const checkedAt = clock.now();
      return {
        status: 'down',
        latencyMs: checkedAt - started,
        checkedAt,
        detail: asKmsError(error).code,
      };
    }
  }

  private async askDescription(ref: string, context: CallContext): Promise<KeyDescription> {
    return await this.calls.run('describeKey', context, {
      attempt: async (call) => check.checkDescription(await this.backend.describeKey(ref, call)),
    });
  }

  private async expectKey(
    asked: string,
    answered: string,
    otherwise: KmsErrorCode,
    call: Call,
  ): Promise<void> {
    if (await this.descriptions.isSameKey(asked, answered, call)) return;
    throw new KmsError(otherwise, 'The backend answered from another key than the one asked for.');
  }

  /** A call whose answer holds a key in clear: refused or late, it is zeroed. */
  private async secretCall<T extends OpenedKey>(
    operation: KmsOperation,
    keyId: string,
    context: CallContext,
    attempt: (call: Call) => Promise<T>,
  ): Promise<T> {
    const otherwise = operation === 'unwrapKey' ? 'invalid-ciphertext' : 'unavailable';
    return await this.calls.run(operation, context, {
      attempt,
      confirm: ({ key }, call) => this.expectKey(keyId, key.keyId, otherwise, call),
      discard: ({ plaintext }) => zero(plaintext),
    });
  }
}
