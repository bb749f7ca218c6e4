import { randomBytes } from 'node:crypto';
import { decryptBytes, encryptBytes } from 'kkp-sdk';
import type { Pair } from './pair.js';

const MIB = 2 ** 20;
const PIECES = 8;
const PLAINTEXT = new Uint8Array(PIECES * MIB).fill(7);
const ENVELOPE = {
  backend: 'aws',
  key_id: 'alias/orders',
  ciphertext: 'AAAA',
  nonce: 'BBBB',
  encrypted_data_key: 'CCCC',
};

/** What the SDK does at the client; the floor is the platform's own AES over as many segments. */
export async function streamPairs(): Promise<Pair[]> {
  const keyBytes = Uint8Array.from(randomBytes(32));
  const dataKey = { envelope: ENVELOPE, plaintext: keyBytes };
  const open = () => Promise.resolve(Uint8Array.from(keyBytes));
  const sealed = await encryptBytes(dataKey, PLAINTEXT);
  const key = await crypto.subtle.importKey('raw', keyBytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const piece = PLAINTEXT.subarray(0, MIB);
  const sealedPiece = await crypto.subtle.encrypt(algorithm, key, piece);
  const floor = `WebCrypto AES-256-GCM, ${PIECES} x 1 MiB`;
  return [
    {
      name: `stream: encrypt ${PIECES} MiB`,
      run: () => encryptBytes(dataKey, PLAINTEXT),
      floor,
      runFloor: () => repeat(() => crypto.subtle.encrypt(algorithm, key, piece)),
    },
    {
      name: `stream: decrypt ${PIECES} MiB`,
      run: () => decryptBytes(open, sealed),
      floor,
      runFloor: () => repeat(() => crypto.subtle.decrypt(algorithm, key, sealedPiece)),
    },
  ];
}

async function repeat(once: () => Promise<unknown>): Promise<void> {
  for (let piece = 0; piece < PIECES; piece++) await once();
}
