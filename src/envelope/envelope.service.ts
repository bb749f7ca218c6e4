import { timingSafeEqual } from 'node:crypto';
import { zero, type BackendRegistry } from '../backends/index.js';
import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import type { Random } from '../random.js';
import { bindContext, type Binding, type BoundContext } from './context.js';
import { encodeRecord, type DataKeyRecord } from './data-key-record.js';
import { FreshDataKeys, type DataKeySource } from './data-key-source.js';
import { deriveKeys } from './derive.js';
import { decodeEnvelope, type DecodedEnvelope, type Envelope } from './envelope-codec.js';
import { envelopeError } from './envelope-error.js';
import { NONCE_BYTES, open, seal } from './gcm.js';
import { unwrapFailure } from './unwrap-failure.js';
import { rethrow } from './wrap-failure.js';

export interface EncryptRequest extends Binding {
  readonly plaintext: Uint8Array;
}

/** What a caller may use: one key of one backend. */
export interface Grant {
  readonly backend: string;
  readonly keyId: string;
}

export interface DecryptRequest {
  readonly grant: Grant;
  readonly envelope: Envelope;
}

/** An envelope that was verified to its last byte. */
export interface OpenedEnvelope {
  readonly dataKey: Uint8Array;
  readonly plaintext: Buffer;
  readonly nonce: Buffer;
  readonly context: BoundContext;
}

/**
 * Encrypts under a data key, a fresh one for every message unless they are cached, and opens what it made, for a grant of
 * the same key.
 */
export class EnvelopeService {
  constructor(
    private readonly backends: Pick<BackendRegistry, 'get'>,
    private readonly random: Random,
    private readonly dataKeys: DataKeySource = new FreshDataKeys(random),
  ) {}

  /** @throws KkpError `invalid_request` for ill-formed text; `kms_*` */
  async encrypt(request: EncryptRequest, call: CallContext): Promise<Envelope> {
    const { backend, keyId, associatedData } = request;
    const context = bindContext(request);
    const scope = { keyId, aad: context.forKms };
    const { dataKey, record } = await this.dataKeys
      .forEncryption(this.backends.get(backend), scope, request.plaintext.length, call)
      .catch(rethrow);
    try {
      const sealed = sealPayload(dataKey, this.random.bytes(NONCE_BYTES), record, request.plaintext, context);
      const bound = associatedData === undefined ? {} : { associated_data: associatedData };
      return { backend, key_id: keyId, ...sealed, ...bound };
    } finally {
      zero(dataKey);
    }
  }

  /**
   * The plaintext, for the caller to zero. The key is the grant's, whatever the envelope says.
   *
   * @throws KkpError `policy_denied` for an envelope of another key than the grant's; `envelope_error`, with one text
   *   for all that can be wrong with an envelope; `kms_*` for what does not depend on the envelope
   */
  async decrypt(request: DecryptRequest, call: CallContext): Promise<Buffer> {
    const { dataKey, plaintext } = await this.open(request, call);
    zero(dataKey);
    return plaintext;
  }

  /** As `decrypt`, with what else a rewrap needs. The caller zeroes data key and plaintext. */
  async open({ grant, envelope }: DecryptRequest, call: CallContext): Promise<OpenedEnvelope> {
    if (envelope.backend !== grant.backend || envelope.key_id !== grant.keyId) {
      throw new KkpError('policy_denied', 'The token is for another backend or key than the envelope.');
    }
    const backend = this.backends.get(grant.backend);
    const { decoded, context } = read(grant, envelope);
    const scope = { keyId: grant.keyId, aad: context.forKms };
    const within = backend.withDeadline(call);
    const dataKey = await this.dataKeys
      .forDecryption(backend, scope, decoded.dataKey.record, within)
      .catch(async (error: unknown) => {
        throw await unwrapFailure(error, backend, grant.keyId, within);
      });
    try {
      const plaintext = openPayload(dataKey, decoded, context);
      return { dataKey, plaintext, nonce: decoded.nonce, context };
    } catch (error) {
      zero(dataKey);
      throw envelopeError(error);
    }
  }
}

function read(grant: Grant, envelope: Envelope): { decoded: DecodedEnvelope; context: BoundContext } {
  const { associated_data: associatedData } = envelope;
  try {
    const context = bindContext({ ...grant, ...(associatedData !== undefined && { associatedData }) });
    return { decoded: decodeEnvelope(envelope), context };
  } catch (error) {
    throw envelopeError(error);
  }
}

function sealPayload(
  dataKey: Uint8Array,
  nonce: Buffer,
  record: DataKeyRecord,
  plaintext: Uint8Array,
  context: BoundContext,
): Pick<Envelope, 'ciphertext' | 'nonce' | 'encrypted_data_key'> {
  const bytes = encodeRecord(record);
  const { contentKey, commitment } = deriveKeys(dataKey, nonce, bytes);
  try {
    const ciphertext = seal(contentKey, nonce, plaintext, context.forPayload);
    return {
      ciphertext: ciphertext.toString('base64url'),
      nonce: nonce.toString('base64url'),
      encrypted_data_key: Buffer.concat([bytes, commitment]).toString('base64url'),
    };
  } finally {
    zero(contentKey);
  }
}

/** The commitment comes first: a ciphertext can be made to fit the tags of two keys, but not both commitments. */
function openPayload(dataKey: Uint8Array, decoded: DecodedEnvelope, context: BoundContext): Buffer {
  const { bytes, commitment: claimed } = decoded.dataKey;
  const { contentKey, commitment } = deriveKeys(dataKey, decoded.nonce, bytes);
  try {
    if (!timingSafeEqual(commitment, claimed)) throw new Error('The commitment does not fit.');
    return open(contentKey, decoded.nonce, decoded.ciphertext, context.forPayload);
  } finally {
    zero(contentKey);
  }
}
