import { concat } from '../bytes.js';
import { KkpStreamError } from '../errors.js';
import {
  FRAME_BYTES,
  MAGIC,
  MAX_ENVELOPE_BYTES,
  MAX_EXPONENT,
  MIN_EXPONENT,
  SALT_BYTES,
  STREAM_HEADER_BYTES,
  type StreamHeader,
  VERSION,
} from './format.js';

export function writeHeader({ envelopeJson, exponent, salt, prefix }: StreamHeader): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, envelopeJson.length);
  const frame = [MAGIC, Uint8Array.of(VERSION, exponent), length];
  return concat([...frame, envelopeJson, Uint8Array.of(STREAM_HEADER_BYTES), salt, prefix]);
}

/** Gathers a header from chunks of any size; `header` is there once it is whole. */
export class HeaderReader {
  header: StreamHeader | undefined;
  #bytes = new Uint8Array(FRAME_BYTES);
  #filled = 0;

  /** Takes what belongs to the header and returns what follows it; throws KkpStreamError for a bad header. */
  push(chunk: Uint8Array): Uint8Array {
    if (this.header) return chunk;
    const part = chunk.subarray(0, this.#bytes.length - this.#filled);
    this.#bytes.set(part, this.#filled);
    this.#filled += part.length;
    const rest = chunk.subarray(part.length);
    if (this.#filled < this.#bytes.length) return rest;
    if (this.#filled > FRAME_BYTES) this.header = readHeader(this.#bytes);
    else this.#bytes = concat([this.#bytes, new Uint8Array(readLength(this.#bytes) + STREAM_HEADER_BYTES)]);
    return this.push(rest);
  }
}

/** Checks the frame and returns the length of the envelope. */
function readLength(frame: Uint8Array): number {
  const view = new DataView(frame.buffer);
  if (!MAGIC.every((byte, index) => byte === frame[index])) throw new KkpStreamError('bad_header');
  if (view.getUint8(4) !== VERSION) throw new KkpStreamError('unsupported_version');
  const exponent = view.getUint8(5);
  const length = view.getUint32(6);
  const isSized = exponent >= MIN_EXPONENT && exponent <= MAX_EXPONENT;
  if (!isSized || length < 1 || length > MAX_ENVELOPE_BYTES) throw new KkpStreamError('bad_header');
  return length;
}

function readHeader(bytes: Uint8Array<ArrayBuffer>): StreamHeader {
  const saltAt = bytes.length - STREAM_HEADER_BYTES + 1;
  if (bytes[saltAt - 1] !== STREAM_HEADER_BYTES) throw new KkpStreamError('bad_header');
  return {
    envelopeJson: bytes.subarray(FRAME_BYTES, saltAt - 1),
    exponent: new DataView(bytes.buffer).getUint8(5),
    salt: bytes.subarray(saltAt, saltAt + SALT_BYTES),
    prefix: bytes.subarray(saltAt + SALT_BYTES),
  };
}
