import { MemoryKeyStore, generateSigningKey, type KeyStore, type SigningKey } from '../../src/keys/index.js';
import { begin } from '../../src/keys/ring.js';
import { systemRandom } from '../../src/random.js';

/** The signing key of a 32-byte seed. */
export const keyOfSeed = (seed: Uint8Array): SigningKey =>
  generateSigningKey({ ...systemRandom, bytes: () => Buffer.from(seed) });

/** A ring of keys that the test has: one signs from `now` on, in Unix seconds, the other is the next. */
export async function ringOf(active: SigningKey, next: SigningKey, now: number): Promise<KeyStore> {
  const store = new MemoryKeyStore();
  await store.replace(undefined, {
    ring: begin(active.kid, next.kid, now),
    privateKeys: new Map([active, next].map(({ kid, privateKey }) => [kid, privateKey])),
  });
  return store;
}
