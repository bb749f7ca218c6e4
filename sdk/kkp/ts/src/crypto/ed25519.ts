/** Verifies under one key; false for whatever does not verify. */
export type VerifySignature = (
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
) => Promise<boolean>;

/** An implementation of Ed25519 verification, RFC 8032 section 5.1.7, without the cofactor. */
export interface Ed25519 {
  /** `publicKey` is 32 bytes that passed `isSafePoint`. */
  importKey(publicKey: Uint8Array<ArrayBuffer>): Promise<VerifySignature>;
}
