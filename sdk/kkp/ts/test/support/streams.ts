import type { DataKey, Envelope, OpenDataKey } from '../../src/index.js';
import { readStreamVectors } from './vectors.js';

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

export const ENVELOPE: Envelope = {
  backend: 'aws',
  key_id: 'alias/orders',
  ciphertext: 'AAAA',
  nonce: 'BBBB',
  encrypted_data_key: 'CCCC',
};

/** Fresh each time, since it may be overwritten. */
export const makeDataKey = (): DataKey => ({
  envelope: ENVELOPE,
  plaintext: Uint8Array.from({ length: 32 }, (_, index) => index),
});

/** Opens `ENVELOPE`. */
export const openDataKey: OpenDataKey = () => Promise.resolve(makeDataKey().plaintext);

export const REFUSED = new Error('envelope_refused');

/** Opens the envelopes of the shared vectors, and refuses any other one, as KKP would. */
export function vectorOpener(): OpenDataKey {
  const keys = readStreamVectors().data_keys;
  return (envelope) => {
    const text = sorted(envelope);
    const found = keys.find((each) => sorted(each.envelope) === text);
    return found ? Promise.resolve(hex(found.data_key)) : Promise.reject(REFUSED);
  };
}

const sorted = (object: object) => JSON.stringify(Object.entries(object).sort());

/** What comes out of `transform` before it ends or fails, and what it failed with. */
export async function run(
  transform: TransformStream<Uint8Array, Uint8Array>,
  chunks: Iterable<Uint8Array>,
): Promise<{ output: Buffer; error?: unknown }> {
  const output: Uint8Array[] = [];
  try {
    for await (const chunk of streamOf(chunks).pipeThrough(transform)) output.push(chunk);
  } catch (error) {
    return { output: Buffer.concat(output), error };
  }
  return { output: Buffer.concat(output) };
}

export function streamOf(chunks: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
}

/** `bytes` in chunks of `size`. */
export function* inChunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
