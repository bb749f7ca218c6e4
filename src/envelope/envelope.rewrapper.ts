import { zero, type BackendRegistry } from '../backends/index.js';
import type { CallContext } from '../call-context.js';
import type { Random } from '../random.js';
import { wrapDataKey } from './data-key.js';
import { encodeRecord } from './data-key-record.js';
import { deriveKeys } from './derive.js';
import type { Envelope } from './envelope-codec.js';
import type { DecryptRequest, EnvelopeService, Grant, OpenedEnvelope } from './envelope.service.js';
import { rethrow } from './wrap-failure.js';

export interface RewrapRequest extends DecryptRequest {
  /** The key that can open the envelope afterwards. */
  readonly to: Grant;
}

/** Moves envelopes to the current version of their key, or to another key. What they hold never leaves. */
export class EnvelopeRewrapper {
  constructor(
    private readonly envelopes: EnvelopeService,
    private readonly backends: Pick<BackendRegistry, 'get'>,
    private readonly random: Random,
  ) {}

  /**
   * @throws KkpError as `EnvelopeService.decrypt` for what is there already, as `EnvelopeService.encrypt` for the target
   */
  async rewrap(request: RewrapRequest, call: CallContext): Promise<Envelope> {
    const { grant, envelope, to } = request;
    const target = this.backends.get(to.backend);
    const within = target.withDeadline(call);
    const opened = await this.envelopes.open(request, within);
    try {
      if (to.backend !== grant.backend || to.keyId !== grant.keyId) {
        return await this.encryptAnew(envelope, opened.plaintext, to, within);
      }
      zero(opened.plaintext);
      const scope = { keyId: to.keyId, aad: opened.context.forKms };
      const record = await wrapDataKey(target, scope, opened.dataKey, this.random, within).catch(rethrow);
      return { ...envelope, encrypted_data_key: commit(opened, encodeRecord(record)) };
    } finally {
      zero(opened.plaintext, opened.dataKey);
    }
  }

  /** Another key never sees the data key of this one: the payload gets a fresh one, and a fresh nonce. */
  private encryptAnew(
    { associated_data: associatedData }: Envelope,
    plaintext: Buffer,
    to: Grant,
    call: CallContext,
  ): Promise<Envelope> {
    const bound = associatedData === undefined ? {} : { associatedData };
    return this.envelopes.encrypt({ ...to, plaintext, ...bound }, call);
  }
}

/** The nonce is the payload's, so its content key stays; the commitment is to the new record. */
function commit({ dataKey, nonce }: OpenedEnvelope, record: Buffer): string {
  const { contentKey, commitment } = deriveKeys(dataKey, nonce, record);
  zero(contentKey);
  return Buffer.concat([record, commitment]).toString('base64url');
}
