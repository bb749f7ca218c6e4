import { createSecretKey } from 'node:crypto';
import { SealedKeyStore } from '../../../src/keys/index.js';
import { systemRandom } from '../../../src/random.js';
import { MemoryStore } from '../../../src/store/index.js';
import { DEFAULTS, START, startKeys } from './fixtures.js';

const newKey = () => createSecretKey(systemRandom.bytes(32));

async function start(sealKey = newKey(), store = new MemoryStore()) {
  const sealed = new SealedKeyStore(store, () => sealKey, systemRandom);
  return { ...(await startKeys(DEFAULTS, sealed, String(Math.random()))), sealed, sealKey, durable: store };
}

describe('signing keys that are sealed in a store', () => {
  it('are the same ones after a restart', async () => {
    const { keys, sealKey, durable } = await start();
    await keys.rotate('operator');
    const again = await start(sealKey, durable);
    expect(again.keys.jwks()).toEqual(keys.jwks());
    expect(again.keys.status().keys.map(({ kid, state }) => [kid, state])).toEqual(
      keys.status().keys.map(({ kid, state }) => [kid, state]),
    );
  });

  it('sign what verifies before and after it', async () => {
    const { sealKey, durable } = await start();
    const again = await start(sealKey, durable);
    const { kid } = await again.keys.reserve(START + 100);
    expect(again.keys.verificationKey(kid)).toBeDefined();
  });

  it('leave no private key and no kid in clear', async () => {
    const { keys, sealed, durable } = await start();
    const { value } = (await durable.load('signing-ring-v1'))!;
    const stored = (await sealed.load())!;
    expect(stored.privateKeys.size).toBe(2);
    for (const [kid, key] of stored.privateKeys) {
      const bytes = key.export({ format: 'der', type: 'pkcs8' });
      const clear = [bytes.subarray(-32), Buffer.from(bytes.toString('base64')), Buffer.from(kid)];
      for (const text of clear) expect(Buffer.from(value).includes(text)).toBe(false);
    }
    expect(keys.jwks().body).not.toBe('');
  });

  it('do not start with another seal key', async () => {
    const { durable } = await start();
    await expect(start(newKey(), durable)).rejects.toThrow('it does not open the signing keys');
  });

  it('do not start when they were changed', async () => {
    const { sealKey, durable } = await start();
    const { revision, value } = (await durable.load('signing-ring-v1'))!;
    const changed = Uint8Array.from(value);
    changed[40]! ^= 1;
    await durable.replace('signing-ring-v1', revision, changed);
    await expect(start(sealKey, durable)).rejects.toThrow('or they were changed');
  });

  it('do not start without a seal key, even the first time', async () => {
    const sealed = new SealedKeyStore(
      new MemoryStore(),
      () => {
        throw new Error('no seal key');
      },
      systemRandom,
    );
    await expect(startKeys(DEFAULTS, sealed)).rejects.toThrow('no seal key');
  });

  it('are replaced by one of two who change them at once', async () => {
    const { sealed } = await start();
    const stored = (await sealed.load())!;
    const outcomes = await Promise.all([1, 2].map(() => sealed.replace(stored.revision, stored)));
    expect(outcomes.filter((revision) => revision !== undefined)).toHaveLength(1);
  });
});
