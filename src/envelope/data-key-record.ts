import { LABEL, MAX_BLOB_BYTES } from 'kkp-plugin-kit';
import { ByteReader } from './byte-reader.js';
import { COMMITMENT_BYTES } from './derive.js';
import { KEY_BYTES, NONCE_BYTES, TAG_BYTES } from './gcm.js';

const FORMAT = 0x01;
const DIRECT = 0;
const SEALED = 1;

/** A data key sealed by KKP itself, for keys that take no AAD: the backend wrapped the key that seals it. */
export interface SealedDataKey {
  readonly nonce: Uint8Array;
  /** The data key's ciphertext and tag. */
  readonly box: Uint8Array;
}

/** What is kept of a wrapped data key. The key is not in it: it comes from the token's grant. */
export interface DataKeyRecord {
  /** The provider's label of the key version, where it reveals one. */
  readonly version?: string;
  readonly alg: string;
  readonly sealed?: SealedDataKey;
  readonly blob: Uint8Array;
}

/**
 * The bytes that the commitment covers: format 0x01, mode (0 the backend wrapped the data key, 1 sealed), version
 * label, algorithm label (each one length byte and ASCII; an absent version is empty), in mode 1 nonce (12) and sealed
 * data key (48), then the blob's length (4, big-endian) and the blob. `encrypted_data_key` is this and the commitment.
 */
export function encodeRecord({ version = '', alg, sealed, blob }: DataKeyRecord): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(blob.length);
  return Buffer.concat([
    Buffer.of(FORMAT, sealed ? SEALED : DIRECT),
    label(version),
    label(alg),
    ...(sealed ? [sealed.nonce, sealed.box] : []),
    length,
    blob,
  ]);
}

export interface DecodedDataKey {
  readonly record: DataKeyRecord;
  /** The bytes of the record, as they were. */
  readonly bytes: Buffer;
  readonly commitment: Buffer;
}

/** The inverse of `encodeRecord` with the commitment behind it. @throws Error for anything it would not make */
export function decodeDataKey(encrypted: Buffer): DecodedDataKey {
  const reader = new ByteReader(encrypted);
  const [format, mode] = [reader.uint8(), reader.uint8()];
  if (format !== FORMAT || (mode !== DIRECT && mode !== SEALED))
    throw new RangeError('Unknown format or mode.');
  const version = readLabel(reader);
  const alg = readLabel(reader);
  if (alg === '') throw new RangeError('No algorithm.');
  const sealed = mode === SEALED ? readSealed(reader) : undefined;
  const blobLength = reader.uint32();
  if (blobLength === 0 || blobLength > MAX_BLOB_BYTES) throw new RangeError('No blob, or a blob too large.');
  const blob = reader.take(blobLength);
  const bytes = reader.consumed;
  const commitment = reader.take(COMMITMENT_BYTES);
  reader.end();
  return { record: { ...(version && { version }), alg, ...(sealed && { sealed }), blob }, bytes, commitment };
}

const label = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);

function readLabel(reader: ByteReader): string {
  const text = reader.take(reader.uint8()).toString('latin1');
  if (text !== '' && !LABEL.test(text)) throw new RangeError('A label has characters it cannot have.');
  return text;
}

const readSealed = (reader: ByteReader): SealedDataKey => ({
  nonce: reader.take(NONCE_BYTES),
  box: reader.take(KEY_BYTES + TAG_BYTES),
});
