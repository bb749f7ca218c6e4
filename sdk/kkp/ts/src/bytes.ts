export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Text in UTF-8; bytes as they are. Throws TypeError for anything else. */
export function toBytes(name: string, value: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} must be a string or a Uint8Array`);
  return new Uint8Array(value);
}
