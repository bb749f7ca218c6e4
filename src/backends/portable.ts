import { KmsError } from 'kkp-plugin-kit';
import type {
  BoundAad,
  Call,
  GenerateDataKeyRequest,
  KeyDescription,
  KeyPin,
  KmsBackend,
  KmsCapabilities,
  KmsErrorCode,
  KmsHealth,
  OpenedKey,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import type { Random } from '../random.js';
import * as check from './answers.js';
import { BackendCalls, type CallEvent, type CallOptions } from './calls.js';
import { CanonicalIds } from './canonical-ids.js';
import type { CallContext } from '../call-context.js';
import { asKmsError } from './kms-errors.js';
import { isKeyId } from './shapes.js';
import { zero } from './zero.js';

export interface PortableOptions extends CallOptions {
  readonly random: Random;
}

/**
 * What the rest of KKP sees of a backend. Every call has a deadline, ends when its caller has gone, is checked
 * on its way in and out, and rejects with `KmsError` only.
 */
export class PortableBackend {
  private readonly calls: BackendCalls;
  private readonly ids: CanonicalIds;

  constructor(
    readonly name: string,
    private readonly backend: KmsBackend,
    private readonly options: PortableOptions,
  ) {
    this.calls = new BackendCalls(name, options);
    const resolve = async (alias: string) =>
      (await this.describeKey(alias, { requestId: 'alias' })).key.keyId;
    this.ids = new CanonicalIds(resolve, options.clock);
  }

  /** @throws KmsError also for a key id that the backend does not take */
  capabilities(keyId: string): KmsCapabilities {
    if (!isKeyId(keyId)) throw badRequest('A key id has 1 to 1024 characters.');
    try {
      const capabilities = Object.freeze(check.checkCapabilities(this.backend.capabilities(keyId)));
      if (capabilities.generateDataKey && typeof this.backend.generateDataKey !== 'function') {
        throw new KmsError('unavailable', 'The backend declares generateDataKey and does not have it.');
      }
      return capabilities;
    } catch (error) {
      throw asKmsError(error);
    }
  }

  /** The backend gets a copy of the plaintext, so that nothing it does reaches the caller's. */
  async wrapKey(request: WrapRequest, context: CallContext): Promise<WrappedKey> {
    const { keyId } = request;
    const { maxPlaintextBytes } = this.admit(keyId, request.aad);
    if (request.plaintext.length === 0 || request.plaintext.length > maxPlaintextBytes) {
      throw badRequest(`The key wraps 1 to ${maxPlaintextBytes} bytes.`);
    }
    const plaintext = Uint8Array.from(request.plaintext);
    try {
      return await this.calls.run('wrapKey', context, async (call) => {
        const wrapped = check.checkWrapped(await this.backend.wrapKey({ ...request, plaintext }, call));
        await this.expectKey(keyId, wrapped.key, 'unavailable');
        return wrapped;
      });
    } finally {
      zero(plaintext);
    }
  }

  /** The answer's plaintext belongs to the caller, who zeroes it. */
  async unwrapKey(request: UnwrapRequest, context: CallContext): Promise<OpenedKey> {
    const { maxPlaintextBytes } = this.admit(request.keyId, request.aad);
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
    const { generateDataKey } = this.admit(keyId, aad);
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

  async describeKey(ref: string, context: CallContext): Promise<KeyDescription> {
    if (!isKeyId(ref)) throw badRequest('A key id has 1 to 1024 characters.');
    return await this.calls.run('describeKey', context, async (call) =>
      check.checkDescription(await this.backend.describeKey(ref, call)),
    );
  }

  /** Never rejects: a probe that fails says `down`. */
  async health(context: CallContext): Promise<KmsHealth> {
    const { clock } = this.options;
    const started = clock.now();
    try {
      return await this.calls.run('health', context, async (call) =>
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

  private admit(keyId: string, aad: BoundAad | undefined): KmsCapabilities {
    const capabilities = this.capabilities(keyId);
    if (aad && capabilities.aad === 'none') {
      throw new KmsError('unsupported', 'The key takes no additional authenticated data.', {
        side: 'caller',
      });
    }
    if (aad && aad.bytes.length > (capabilities.maxAadBytes ?? Infinity)) {
      throw badRequest(`The key takes at most ${capabilities.maxAadBytes} bytes of authenticated data.`);
    }
    return capabilities;
  }

  private async expectKey(asked: string, answered: KeyPin, otherwise: KmsErrorCode): Promise<void> {
    if (await this.ids.match(asked, answered.keyId)) return;
    throw new KmsError(otherwise, 'The backend answered from another key than the one asked for.');
  }

  /** A call whose answer holds a key in clear: refused or late, it is zeroed. */
  private async secretCall<T extends OpenedKey>(
    operation: CallEvent['operation'],
    keyId: string,
    context: CallContext,
    run: (call: Call) => Promise<T>,
  ): Promise<T> {
    const checked = async (call: Call) => {
      const answer = await run(call);
      try {
        await this.expectKey(
          keyId,
          answer.key,
          operation === 'unwrapKey' ? 'invalid-ciphertext' : 'unavailable',
        );
        return answer;
      } catch (error) {
        zero(answer.plaintext);
        throw error;
      }
    };
    return await this.calls.run(operation, context, checked, (late) => zero(late.plaintext));
  }
}

const badRequest = (message: string): KmsError =>
  new KmsError('invalid-request', message, { side: 'caller' });
