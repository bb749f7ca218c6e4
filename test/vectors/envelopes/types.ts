import type { Envelope } from '../../../src/envelope/envelope-codec.js';

/** Byte strings are lower-case hex; members of the envelope are as they travel. */
export interface AcceptVector {
  readonly name: string;
  readonly verdict: 'accept';
  /** `direct`: the key took the AAD. `sealed`: KKP sealed the data key under an inner key. */
  readonly mode: 'direct' | 'sealed';
  readonly envelope: Envelope;
  readonly plaintext: string;
  readonly data_key: string;
  /** Sealed only. */
  readonly inner_key?: string;
  /** The canonical AAD that the data key is bound to, and the one that the payload is bound to. */
  readonly kms_aad: string;
  readonly payload_aad: string;
}

export interface RejectVector {
  readonly name: string;
  readonly verdict: 'reject';
  readonly envelope: Envelope;
}

export interface EnvelopeVectorFile {
  readonly description: string;
  /** Key-encryption keys; a blob is nonce (12), AES-256-GCM ciphertext and tag (16) under one of them. */
  readonly keys: readonly { readonly backend: string; readonly key_id: string; readonly kek: string }[];
  readonly cases: readonly (AcceptVector | RejectVector)[];
}
