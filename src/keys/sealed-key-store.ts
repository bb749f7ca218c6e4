import { createPrivateKey, type KeyObject } from 'node:crypto';
import { ConfigError } from '../config-error.js';
import type { Random } from '../random.js';
import { seal, unseal, type Store } from '../store/index.js';
import type { Ring } from './ring.js';
import type { KeyStore, RingSnapshot, StoredRing } from './store.js';

/** The name of the ring in its store. The format of the value is part of it. */
const NAME = 'signing-ring-v1';

/** What is sealed: the ring, and the private keys as PKCS #8 in base64, by kid. */
interface Content {
  readonly ring: Ring;
  readonly private_keys: Readonly<Record<string, string>>;
}

/** The signing keys in a durable store, sealed as a whole: nobody without the seal key reads or makes one. */
export class SealedKeyStore implements KeyStore {
  readonly #store: Store;
  readonly #sealKey: () => KeyObject;
  readonly #random: Random;

  /** @param sealKey called with every use, and first when the application starts */
  constructor(store: Store, sealKey: () => KeyObject, random: Random) {
    this.#store = store;
    this.#sealKey = sealKey;
    this.#random = random;
  }

  /** @throws ConfigError when the seal key does not open what is stored */
  async load(): Promise<StoredRing | undefined> {
    const key = this.#sealKey();
    const stored = await this.#store.load(NAME);
    if (!stored) return undefined;
    const plaintext = unseal(key, NAME, stored.value);
    if (!plaintext) {
      throw new ConfigError([
        'The seal key file: it does not open the signing keys in the data directory, or they were changed.',
      ]);
    }
    try {
      return { revision: stored.revision, ...decode(plaintext) };
    } finally {
      plaintext.fill(0);
    }
  }

  async replace(expected: number | undefined, snapshot: RingSnapshot): Promise<number | undefined> {
    const plaintext = encode(snapshot);
    try {
      return await this.#store.replace(NAME, expected, seal(this.#sealKey(), NAME, plaintext, this.#random));
    } finally {
      plaintext.fill(0);
    }
  }
}

function encode({ ring, privateKeys }: RingSnapshot): Buffer {
  const keys = [...privateKeys].map(([kid, key]) => {
    return [kid, key.export({ format: 'der', type: 'pkcs8' }).toString('base64')] as const;
  });
  const content: Content = { ring, private_keys: Object.fromEntries(keys) };
  return Buffer.from(JSON.stringify(content), 'utf8');
}

function decode(plaintext: Buffer): RingSnapshot {
  const { ring, private_keys } = JSON.parse(plaintext.toString('utf8')) as Content;
  const privateKeys = Object.entries(private_keys).map(([kid, text]) => {
    return [
      kid,
      createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' }),
    ] as const;
  });
  return { ring, privateKeys: new Map(privateKeys) };
}
