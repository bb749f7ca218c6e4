const encoder = new TextEncoder();

/**
 * UTF-8 JSON of a value in a buffer of exactly its length. opa-wasm takes bytes only as an ArrayBuffer: it would
 * stringify a Buffer as an object, and the ArrayBuffer behind a small Buffer is a shared pool.
 * @throws TypeError for what JSON has no text for, such as undefined: a module would evaluate without input
 */
export function jsonBytes(value: unknown): ArrayBuffer {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) {
    throw new TypeError('there is no JSON for it');
  }
  const bytes = encoder.encode(json);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
