import { concat } from '../bytes.js';
import { KkpStreamError } from '../errors.js';
import { MAGIC, PREFIX_BYTES, type StreamHeader, TAG_BYTES, VERSION } from './format.js';

const MAX_INDEX = 2 ** 32 - 1;

/** 32 or 64 bytes: what a stream takes for a data key. */
export const isDataKey = (bytes: Uint8Array): boolean => bytes.length === 32 || bytes.length === 64;

/** The data key as a key that only derives others; the bytes are copied before this returns. */
export function importDataKey(bytes: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes as Uint8Array<ArrayBuffer>, 'HKDF', false, ['deriveKey']);
}

/** The key of one stream, bound to its version, segment size and associated data (HKDF-SHA-256, RFC 5869). */
export async function deriveStreamKey(
  dataKey: CryptoKey,
  { exponent, salt }: StreamHeader,
  associatedData: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  const { subtle } = crypto;
  const digest = new Uint8Array(await subtle.digest('SHA-256', associatedData));
  const info = concat([MAGIC, Uint8Array.of(VERSION, exponent), digest]);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info };
  return subtle.deriveKey(hkdf, dataKey, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** Seals or opens the segments of one stream in their order. */
export class SegmentCipher {
  #index: number;

  constructor(
    private readonly key: CryptoKey,
    private readonly prefix: Uint8Array,
    firstIndex = 0,
  ) {
    this.#index = firstIndex;
  }

  /** Ciphertext and tag. Throws RangeError for a stream of more than 2^32 segments. */
  async seal(plaintext: Uint8Array<ArrayBuffer>, isLast: boolean): Promise<Uint8Array<ArrayBuffer>> {
    const iv = this.#nextNonce(isLast);
    return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.key, plaintext));
  }

  /** The plaintext; throws KkpStreamError for a segment that is not genuine, or not in its place. */
  async open(segment: Uint8Array<ArrayBuffer>, isLast: boolean): Promise<Uint8Array<ArrayBuffer>> {
    const isFirst = this.#index === 0;
    try {
      const iv = this.#nextNonce(isLast);
      const plaintext = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, this.key, segment);
      // One plaintext has one form: nothing but an empty stream ends with an empty segment.
      if (segment.length > TAG_BYTES || isFirst) return new Uint8Array(plaintext);
    } catch {
      // The platform says no more than this.
    }
    throw new KkpStreamError('not_authentic');
  }

  #nextNonce(isLast: boolean): Uint8Array<ArrayBuffer> {
    if (this.#index > MAX_INDEX) throw new RangeError('a stream has at most 2^32 segments');
    const nonce = new Uint8Array(PREFIX_BYTES + 5);
    nonce.set(this.prefix);
    new DataView(nonce.buffer).setUint32(PREFIX_BYTES, this.#index);
    nonce[PREFIX_BYTES + 4] = Number(isLast);
    this.#index += 1;
    return nonce;
  }
}
