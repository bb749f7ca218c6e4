import { KmsError } from 'kkp-plugin-kit';
import type { MineConfig } from './config.js';

/**
 * The calls of the service that the backend needs, each one request: a narrow seam, so that tests can fault it. They
 * throw whatever the service's library throws; `errors.ts` makes `KmsError` of it.
 */
export interface MineClient {
  encrypt(key: string, plaintext: Uint8Array, aad: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  decrypt(key: string, blob: Uint8Array, aad: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  describe(key: string, signal: AbortSignal): Promise<{ readonly enabled: boolean }>;
  /** Asks for no key, and costs little. */
  ping(signal: AbortSignal): Promise<void>;
}

/**
 * GAP: load the service's library (`await import('...')`, so that a server without this backend never loads it), switch its
 * retries off, and log in.
 */
export function connect(config: MineConfig, signal: AbortSignal): Promise<MineClient> {
  signal.throwIfAborted();
  const text = `There is no client for ${new URL(config.address).hostname} yet.`;
  return Promise.reject(new KmsError('unsupported', text, { side: 'proxy' }));
}
