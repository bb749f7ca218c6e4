import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { invalidCiphertext, otherKey } from './google-error.js';

/** google/cloud/kms/v1/resources.proto, `CryptoKeyVersionState`. */
export type State =
  | 'ENABLED'
  | 'DISABLED'
  | 'DESTROY_SCHEDULED'
  | 'DESTROYED'
  | 'PENDING_IMPORT'
  | 'PENDING_EXTERNAL_DESTRUCTION';
export type ProtectionLevel = 'SOFTWARE' | 'HSM' | 'EXTERNAL';

export interface Version {
  readonly number: number;
  readonly secret: Buffer;
  state: State;
}

/** What a key does: the same as what was ordered, but for what has not reached the servers yet. */
interface Effect {
  primary: number;
  readonly states: Map<number, State>;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 12;

/** A CryptoKey. Blobs are fingerprint of the key (8), version (4), IV, ciphertext and tag: the real form is opaque. */
export class CryptoKey {
  readonly versions: Version[] = [];
  primary = 0;
  readonly #fingerprint = randomBytes(8);
  #effect: Effect = { primary: 0, states: new Map() };

  constructor(
    readonly name: string,
    readonly protectionLevel: ProtectionLevel,
    readonly purpose: string,
  ) {
    this.rotate();
    this.propagate();
  }

  versionName(number: number): string {
    return `${this.name}/cryptoKeyVersions/${number}`;
  }

  /** A new version, and the primary one at that. */
  rotate(): void {
    const number = this.versions.length + 1;
    this.versions.push({ number, secret: randomBytes(32), state: 'ENABLED' });
    // To enable is strongly consistent: cloud.google.com/kms/docs/consistency.
    this.#effect.states.set(number, 'ENABLED');
    this.primary = number;
  }

  /** Keys have no state of their own: cloud.google.com/kms/docs/key-states. */
  setState(state: State, only?: number): void {
    for (const version of this.versions) {
      if (only === undefined || version.number === only) version.state = state;
    }
    if (state === 'ENABLED') this.propagate();
  }

  /** Disabling and a new primary are eventually consistent, up to hours: cloud.google.com/kms/docs/consistency. */
  propagate(): void {
    this.#effect = {
      primary: this.primary,
      states: new Map(this.versions.map(({ number, state }) => [number, state])),
    };
  }

  get effectivePrimary(): number {
    return this.#effect.primary;
  }

  effectiveState(number: number): State {
    return this.#effect.states.get(number) ?? 'DESTROYED';
  }

  seal(number: number, plaintext: Buffer, aad: Buffer): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    this.#fingerprint.copy(header);
    header.writeUInt32BE(number, 8);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#secret(number), iv).setAAD(aad);
    return Buffer.concat([header, iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  /** The version that made the blob, which must be one of this key. */
  versionOf(blob: Buffer): number {
    if (blob.length < HEADER_BYTES || !blob.subarray(0, 8).equals(this.#fingerprint)) throw otherKey();
    const number = blob.readUInt32BE(8);
    if (!this.versions.some((version) => version.number === number)) throw invalidCiphertext();
    return number;
  }

  unseal(number: number, blob: Buffer, aad: Buffer): Buffer {
    if (blob.length < HEADER_BYTES + IV_BYTES + TAG_BYTES) throw invalidCiphertext();
    const iv = blob.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#secret(number), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad).setAuthTag(blob.subarray(-TAG_BYTES));
    try {
      const sealed = blob.subarray(HEADER_BYTES + IV_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(sealed), decipher.final()]);
    } catch {
      throw invalidCiphertext();
    }
  }

  #secret(number: number): Buffer {
    return this.versions[number - 1]!.secret;
  }
}
