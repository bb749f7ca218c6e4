const encoder = new TextEncoder();

/**
 * UTF-8 JSON of a value in a buffer of exactly its length. opa-wasm takes bytes only as an ArrayBuffer: it would
 * stringify a Buffer as an object, and the ArrayBuffer behind a small Buffer is a shared pool.
 */
export function jsonBytes(value: unknown): ArrayBuffer {
  const bytes = encoder.encode(JSON.stringify(value));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
