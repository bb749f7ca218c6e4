import type { Limit } from '../limits.js';

/**
 * Bounds of the data-key cache: the one source for defaults, for embedders and for the server's settings.
 *
 * Messages under one data key have content keys of their own, derived with the message's random 96-bit nonce as salt.
 * Two of n messages share a nonce with a probability of at most n^2 / 2^97: for the 2^32 that `maxUses` allows at most
 * that is 2^-33, within the 2^-32 of NIST SP 800-38D section 8.3. The bytes are no limit of the cipher, whose own holds
 * for each message: they bound what one stolen data key opens.
 */
export const DATA_KEY_LIMITS = {
  /** How long a disabled or revoked key may still be used through the cache. */
  maxAgeSeconds: { min: 1, max: 3_600, unit: 'seconds', fallback: 300 },
  maxUses: { min: 1, max: 2 ** 32, unit: 'messages', fallback: 1_000 },
  maxBytes: { min: 1, max: 2 ** 50, unit: 'bytes', fallback: 2 ** 30 },
  /** Of data keys for encryption, and of those for decryption. */
  maxEntries: { min: 1, max: 100_000, unit: 'data keys', fallback: 1_000 },
} as const satisfies Record<string, Limit>;

export type DataKeyLimits = Readonly<Record<keyof typeof DATA_KEY_LIMITS, number>>;
