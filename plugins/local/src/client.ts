import type {
  Host,
  KeyDescription,
  KeyPin,
  OpenedKey,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from 'kkp-plugin-kit';
import { openBlob, sealBlob, versionOf } from './blob.js';
import { refuse } from './errors.js';
import type { Key, KeyVersion } from './key.js';

/** HKDF-SHA-256 for each message, then AES-256-GCM: see box.ts. */
export const ALGORITHM = 'HKDF-SHA256-AES-256-GCM';
export const MAX_PLAINTEXT_BYTES = 65_536;

/** What a key does with a request: pure but for randomness. */
export class KeyClient {
  constructor(private readonly random: Host['random']) {}

  wrap(key: Key, { keyId, plaintext, aad }: WrapRequest): WrappedKey {
    refuseUnusable(key);
    const { version, material } = latestOf(key);
    const blob = sealBlob(material, plaintext, { keyId, version, aad: aad?.bytes }, this.random);
    return { blob, alg: ALGORITHM, key: pin(keyId, version) };
  }

  unwrap(key: Key, { keyId, wrapped: { alg, blob }, aad }: UnwrapRequest): OpenedKey {
    refuseUnusable(key);
    const version = alg === ALGORITHM ? versionOf(blob) : undefined;
    if (version === undefined || version < 1 || version > key.latest) throw refuse('blob-does-not-open');
    const made = key.versions.find((kept) => kept.version === version);
    if (!made) throw refuse('version-destroyed');
    const plaintext = openBlob(made.material, blob, { keyId, version, aad: aad?.bytes });
    if (!plaintext) throw refuse('blob-does-not-open');
    if (version < key.minVersion) {
      plaintext.fill(0);
      throw refuse('version-too-old');
    }
    return { plaintext, key: pin(keyId, version), stale: version < key.latest };
  }

  describe(keyId: string, { state, latest }: Key): KeyDescription {
    return { key: pin(keyId, latest), state, alg: ALGORITHM, protection: 'software' };
  }
}

function refuseUnusable({ state }: Key): void {
  if (state === 'disabled') throw refuse('key-disabled');
  if (state === 'destroyed') throw refuse('key-destroyed');
}

function latestOf({ versions }: Key): KeyVersion {
  const latest = versions.at(-1);
  if (!latest) throw refuse('key-destroyed');
  return latest;
}

const pin = (keyId: string, version: number): KeyPin => ({ keyId, version: String(version) });
