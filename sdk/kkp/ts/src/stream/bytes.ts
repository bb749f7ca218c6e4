import { concat } from '../bytes.js';
import type { DataKey } from '../types.js';
import { type DecryptStreamOptions, type OpenDataKey, decryptStream } from './decrypt.js';
import { type EncryptStreamOptions, encryptStream } from './encrypt.js';

/** `encryptStream` for a message in memory; text is encrypted as UTF-8. */
export async function encryptBytes(
  dataKey: DataKey,
  plaintext: string | Uint8Array,
  options?: EncryptStreamOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = typeof plaintext === 'string' ? new TextEncoder().encode(plaintext) : plaintext;
  return through(bytes, encryptStream(dataKey, options));
}

/** `decryptStream` for a message in memory: the whole plaintext, or an error. */
export async function decryptBytes(
  open: OpenDataKey,
  sealed: Uint8Array,
  options?: DecryptStreamOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return through(sealed, decryptStream(open, options));
}

async function through(
  bytes: Uint8Array,
  transform: TransformStream<Uint8Array, Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = source.pipeThrough(transform).getReader();
  const chunks: Uint8Array[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value);
  return concat(chunks);
}
