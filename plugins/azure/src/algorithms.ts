import type { KmsCapabilities } from 'kkp-plugin-kit';
import { frame, unframe } from './frame.js';

export type AlgorithmName = 'RSA-OAEP-256' | 'A256GCM' | 'A256KW';
export type Operation = 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt';

/** The bytes of a request or an answer of the service. */
export interface Parts {
  readonly value: Uint8Array;
  readonly iv?: Uint8Array;
  readonly tag?: Uint8Array;
}

/** What one way of wrapping asks of the service, and how its blob is laid out. */
export interface Algorithm {
  /** The service's name of it. */
  readonly name: AlgorithmName;
  readonly capabilities: KmsCapabilities;
  readonly seals: Operation;
  readonly opens: Operation;
  /** `kty` of the keys that can do it. */
  readonly keyTypes: readonly string[];
  /** What the service gets for a plaintext. */
  prepare(plaintext: Uint8Array, random: (length: number) => Uint8Array): Uint8Array;
  /** The reverse, as a fresh copy; undefined when it was not made by `prepare`. */
  restore(prepared: Uint8Array): Uint8Array | undefined;
  /** The blob for an answer; undefined when the answer lacks a part. */
  pack(answer: Parts): Uint8Array | undefined;
  /** Undefined when the blob cannot be one of this algorithm. */
  unpack(blob: Uint8Array): Parts | undefined;
}

const COMMON = {
  versions: 'in-id',
  reportsVersionOnWrap: true,
  reportsVersionOnUnwrap: true,
  generateDataKey: false,
  rewrap: 'none',
} as const;

/** Moduli of 2048, 3072 and 4096 bits, in bytes. */
const RSA_BLOB_BYTES: readonly number[] = [256, 384, 512];
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Never `RSA-OAEP`, which the SDK computes by itself. The limit is that of a 2048-bit modulus (RFC 8017 section 7.1.1:
 * 256 - 2 * 32 - 2), for any size of key: the core wraps 32 bytes where a key takes no AAD.
 */
const rsa: Algorithm = {
  name: 'RSA-OAEP-256',
  capabilities: Object.freeze({ ...COMMON, aad: 'none', maxPlaintextBytes: 190, integrity: 'public-key' }),
  seals: 'wrapKey',
  opens: 'unwrapKey',
  keyTypes: ['RSA', 'RSA-HSM'],
  prepare: (plaintext) => plaintext,
  restore: (prepared) => Uint8Array.from(prepared),
  pack: ({ value }) => Uint8Array.from(value),
  unpack: (blob) => (RSA_BLOB_BYTES.includes(blob.length) ? { value: blob } : undefined),
};

/** The service makes the IV. A blob is IV (12 bytes), ciphertext, tag (16). Its own size limit is not documented. */
const gcm: Algorithm = {
  name: 'A256GCM',
  capabilities: Object.freeze({ ...COMMON, aad: 'bytes', maxPlaintextBytes: 4096, integrity: 'aead' }),
  seals: 'encrypt',
  opens: 'decrypt',
  keyTypes: ['oct-HSM'],
  prepare: (plaintext) => plaintext,
  restore: (prepared) => Uint8Array.from(prepared),
  pack: ({ value, iv, tag }) =>
    iv?.length === IV_BYTES && tag?.length === TAG_BYTES ? Uint8Array.of(...iv, ...value, ...tag) : undefined,
  unpack: (blob) =>
    blob.length > IV_BYTES + TAG_BYTES
      ? {
          iv: blob.slice(0, IV_BYTES),
          value: blob.slice(IV_BYTES, -TAG_BYTES),
          tag: blob.slice(-TAG_BYTES),
        }
      : undefined,
};

/** AES key wrap is deterministic and takes whole blocks of 8 bytes: a frame adds randomness and the length. */
const keyWrap: Algorithm = {
  name: 'A256KW',
  capabilities: Object.freeze({ ...COMMON, aad: 'none', maxPlaintextBytes: 256, integrity: 'wrap' }),
  seals: 'wrapKey',
  opens: 'unwrapKey',
  keyTypes: ['oct-HSM'],
  prepare: frame,
  restore: unframe,
  pack: ({ value }) => Uint8Array.from(value),
  unpack: (blob) => (blob.length >= 24 && blob.length % 8 === 0 ? { value: blob } : undefined),
};

/** By the service's name. Source: learn.microsoft.com/azure/key-vault/keys/about-keys-details. */
export const ALGORITHMS: Readonly<Record<AlgorithmName, Algorithm>> = {
  'RSA-OAEP-256': rsa,
  A256GCM: gcm,
  A256KW: keyWrap,
};
