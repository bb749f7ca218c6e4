import { randomBytes } from 'node:crypto';
import type { Host } from '../contract.js';

/** A host with the real clock and real randomness that keeps what the backend logs. */
export function createTestHost(): { readonly host: Host; readonly logged: readonly unknown[] } {
  const logged: unknown[] = [];
  const host: Host = {
    clock: { now: () => Date.now() },
    random: { bytes: (length) => Uint8Array.from(randomBytes(length)) },
    log: (level, message, fields) => void logged.push({ level, message, fields }),
  };
  return { host, logged };
}
