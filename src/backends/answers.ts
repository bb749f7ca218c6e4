import { KMS_ERROR_CODES, KmsError, MAX_BLOB_BYTES } from 'kkp-plugin-kit';
import type {
  KeyDescription,
  KeyPin,
  KmsCapabilities,
  KmsHealth,
  OpenedKey,
  WrappedKey,
} from 'kkp-plugin-kit';
import { bytes, demand, finite, flag, keyId, label, members, oneOf, optional, size } from './shapes.js';
import { zero } from './zero.js';

const AAD_KINDS = ['map', 'bytes', 'none'] as const;
const INTEGRITIES = ['aead', 'wrap', 'public-key'] as const;
const VERSIONS = ['in-blob', 'in-id', 'opaque', 'none'] as const;
const REWRAPS = ['none', 'no-aad', 'full'] as const;
const STATES = ['enabled', 'disabled', 'pending-deletion', 'destroyed', 'unknown'] as const;
const PROTECTIONS = ['software', 'hsm', 'external', 'unknown'] as const;
const HEALTHS = ['up', 'degraded', 'down'] as const;

/** A copy of the answer with the known members only, as from all checks below. */
export function checkWrapped(answer: unknown): WrappedKey {
  const { blob, alg, key } = members(answer);
  const checked = bytes(blob, 'blob');
  demand(checked.length > 0 && checked.length <= MAX_BLOB_BYTES, 'blob');
  return { blob: checked, alg: label(alg, 'alg'), key: checkPin(key) };
}

/**
 * Zeroes the plaintext of an answer that it refuses. A plaintext of a length that the key cannot have wrapped is
 * `invalid-ciphertext`: whoever has a public key can make a blob of it.
 */
export function checkOpened(answer: unknown, maxBytes: number): OpenedKey {
  const { plaintext, key, stale } = members(answer);
  const checked = bytes(plaintext, 'plaintext');
  try {
    if (checked.length === 0 || checked.length > maxBytes) {
      throw new KmsError(
        'invalid-ciphertext',
        'The blob held a plaintext of a length that the key cannot wrap.',
      );
    }
    return { plaintext: checked, key: checkPin(key), ...optional('stale', stale, flag) };
  } catch (error) {
    zero(checked);
    throw error;
  }
}

/** Also refuses a key of zeros: no generator makes one, a cleared buffer does. */
export function checkDataKey(answer: unknown, length: number): OpenedKey & { wrapped: WrappedKey } {
  const opened = checkOpened(answer, length);
  try {
    const { plaintext, key } = opened;
    demand(plaintext.length === length && plaintext.some((byte) => byte !== 0), 'plaintext');
    const wrapped = checkWrapped(members(answer).wrapped);
    demand(wrapped.key.keyId === key.keyId, 'wrapped.key');
    return { ...opened, wrapped };
  } catch (error) {
    zero(opened.plaintext);
    throw error;
  }
}

export function checkDescription(answer: unknown): KeyDescription {
  const { key, state, alg, protection } = members(answer);
  return {
    key: checkPin(key),
    state: oneOf(STATES, state, 'state'),
    alg: label(alg, 'alg'),
    protection: oneOf(PROTECTIONS, protection, 'protection'),
  };
}

export function checkHealth(answer: unknown): KmsHealth {
  const { status, latencyMs, checkedAt, detail } = members(answer);
  return {
    status: oneOf(HEALTHS, status, 'status'),
    latencyMs: finite(latencyMs, 'latencyMs'),
    checkedAt: finite(checkedAt, 'checkedAt'),
    ...optional('detail', detail, (value, member) => oneOf(KMS_ERROR_CODES, value, member)),
  };
}

export function checkCapabilities(answer: unknown): KmsCapabilities {
  const given = members(answer, 'capabilities');
  const versions = oneOf(VERSIONS, given.versions, 'versions');
  const reportsVersionOnWrap = flag(given.reportsVersionOnWrap, 'reportsVersionOnWrap');
  // Blobs without the version that finds them again would be lost.
  demand(versions !== 'in-id' || reportsVersionOnWrap, 'reportsVersionOnWrap');
  return {
    aad: oneOf(AAD_KINDS, given.aad, 'aad'),
    ...optional('maxAadBytes', given.maxAadBytes, size),
    maxPlaintextBytes: size(given.maxPlaintextBytes, 'maxPlaintextBytes'),
    integrity: oneOf(INTEGRITIES, given.integrity, 'integrity'),
    versions,
    reportsVersionOnWrap,
    reportsVersionOnUnwrap: flag(given.reportsVersionOnUnwrap, 'reportsVersionOnUnwrap'),
    generateDataKey: flag(given.generateDataKey, 'generateDataKey'),
    rewrap: oneOf(REWRAPS, given.rewrap, 'rewrap'),
  };
}

function checkPin(value: unknown): KeyPin {
  const { keyId: id, version } = members(value, 'key');
  return { keyId: keyId(id, 'key.keyId'), ...optional('version', version, label) };
}
