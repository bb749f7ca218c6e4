import type { BoundAad, EncryptionContext } from '../contract.js';

/**
 * AAD for tests. Its bytes tell any two maps apart, as the core's do, but they are not the core's encoding: to a
 * backend the bytes are opaque.
 */
export function bindAad(map: EncryptionContext): BoundAad {
  const pairs = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return { map, bytes: Uint8Array.from(Buffer.from(JSON.stringify(pairs))) };
}
