import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { decodeEnvelope } from '../../../dist/envelope/envelope-codec.js';
import type { Pair } from './pair.js';
import type { Services } from './services.js';

const ALGORITHM = 'aes-256-gcm';
const PLAINTEXT = Buffer.alloc(256, 'KKP ');
const AAD = Buffer.from('invoice 4711');
const CALL = { requestId: 'bench' };

/** `aws` binds its wrapped keys to the context; for `azure`, whose keys take none, KKP seals them itself. */
export async function envelopePairs({ envelopes }: Services): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const [backend, keyId] of [
    ['aws', 'alias/orders'],
    ['azure', 'orders'],
  ] as const) {
    const grant = { backend, keyId };
    const request = { ...grant, plaintext: PLAINTEXT, associatedData: AAD.toString() };
    const envelope = await envelopes.encrypt(request, CALL);
    pairs.push(
      {
        name: `envelope: encrypt 256 bytes, ${backend}`,
        run: () => envelopes.encrypt(request, CALL),
        floor: 'AES-256-GCM under a random key',
        runFloor: seal,
      },
      {
        name: `envelope: decrypt 256 bytes, ${backend}`,
        run: () => envelopes.decrypt({ grant, envelope }, CALL),
        floor: 'AES-256-GCM',
        runFloor: opener(),
      },
    );
    if (backend === 'aws') pairs.push(codecPair(envelope));
  }
  return pairs;
}

function codecPair(envelope: Parameters<typeof decodeEnvelope>[0]): Pair {
  const texts = [envelope.ciphertext, envelope.nonce, envelope.encrypted_data_key];
  return {
    name: 'envelope: decode',
    run: () => decodeEnvelope(envelope),
    floor: 'Buffer.from of the three members',
    runFloor: () => texts.map((text) => Buffer.from(text, 'base64url')),
  };
}

function seal() {
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(AAD);
  return {
    key,
    nonce,
    text: Buffer.concat([cipher.update(PLAINTEXT), cipher.final()]),
    tag: cipher.getAuthTag(),
  };
}

function opener(): () => Buffer {
  const { key, nonce, text, tag } = seal();
  return () => {
    const decipher = createDecipheriv(ALGORITHM, key, nonce).setAAD(AAD).setAuthTag(tag);
    return Buffer.concat([decipher.update(text), decipher.final()]);
  };
}
