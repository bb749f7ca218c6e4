import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';

export type KeyType = 'RSA' | 'RSA-HSM' | 'EC' | 'oct-HSM';

export interface Version {
  /** 32 hex digits that show no order: learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates. */
  readonly version: string;
  readonly keyType: KeyType;
  readonly privateKey?: KeyObject;
  readonly secret?: Buffer;
  keyOps: readonly string[];
  /** Attributes are of the version, not of the key. */
  enabled: boolean;
  /** Unix seconds, as on the wire. */
  notBefore?: number;
  expires?: number;
}

const ALL_OPS = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];

/** The keys of one vault. Names have no case. */
export class Keys {
  readonly #keys = new Map<string, Version[]>();

  add(name: string, keyType: KeyType): Version {
    const versions = this.#keys.get(name.toLowerCase()) ?? [];
    const made = makeVersion(keyType);
    versions.push(made);
    this.#keys.set(name.toLowerCase(), versions);
    return made;
  }

  /** All versions, the oldest first. */
  versions(name: string): readonly Version[] {
    return this.#keys.get(name.toLowerCase()) ?? [];
  }

  /** The current version when none is named. */
  find(name: string, version: string): Version | undefined {
    const versions = this.versions(name);
    return version === '' ? versions.at(-1) : versions.find((candidate) => candidate.version === version);
  }

  /** Soft deletion: to every caller the key is gone. */
  delete(name: string): void {
    this.#keys.delete(name.toLowerCase());
  }
}

function makeVersion(keyType: KeyType): Version {
  const common = { version: randomBytes(16).toString('hex'), keyType, keyOps: ALL_OPS, enabled: true };
  if (keyType === 'oct-HSM') return { ...common, secret: randomBytes(32) };
  if (keyType === 'EC') return { ...common, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  return { ...common, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}
