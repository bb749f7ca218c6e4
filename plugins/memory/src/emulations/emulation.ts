import type { BoundAad, KeyPin, KmsCapabilities } from 'kkp-plugin-kit';
import type { FaultTable } from '../errors.js';

/** What one provider does its own way. Everything in it is pure. */
export interface Emulation {
  readonly capabilities: KmsCapabilities;
  /** The provider's name of the algorithm. The cipher is AES-256-GCM in every emulation. */
  readonly alg: string;
  /** Bytes of the smallest plaintext that the provider takes. */
  readonly minPlaintextBytes: number;
  /** What becomes of a deleted key: it stays, marked so, or is as if it had never been. */
  readonly deletedState: 'pending-deletion' | 'destroyed' | 'gone';
  readonly faults: FaultTable;
  /** The canonical id, with the version if the caller named one; undefined when `ref` has none of the known forms. */
  readKeyId(ref: string): KeyPin | undefined;
  /**
   * What the key authenticates beside the plaintext; empty without AAD.
   *
   * @throws KmsError when the key takes no AAD, or not as much
   */
  boundBytes(aad: BoundAad | undefined): Uint8Array;
  /** The provider's label of a version, counted from 1. */
  versionLabel(keyId: string, version: number): string;
}

const PLAIN_NAME = /^[A-Za-z0-9/_:.@-]{1,256}$/;

/**
 * A name such as `orders` is no provider's form of id. All emulations take it, as its own canonical id, because clients
 * of KKP use such names; but what begins like the provider's own form must be of that form.
 */
export function readPlainName(ref: string, beginsOwnForm: RegExp): KeyPin | undefined {
  return PLAIN_NAME.test(ref) && !beginsOwnForm.test(ref) ? { keyId: ref } : undefined;
}
