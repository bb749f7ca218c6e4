import { toBytes } from '../bytes.js';
import type { DataKey } from '../types.js';
import { SegmentCipher, deriveStreamKey, importDataKey, isDataKey } from './cipher.js';
import { writeEnvelope } from './envelope-json.js';
import {
  MAX_EXPONENT,
  MIN_EXPONENT,
  PREFIX_BYTES,
  SALT_BYTES,
  STREAM_HEADER_BYTES,
  type StreamHeader,
  TAG_BYTES,
} from './format.js';
import { writeHeader } from './header.js';
import { Segmenter } from './segmenter.js';

export interface EncryptStreamOptions {
  /** Bound to the stream and not stored in it: who decrypts must give the same. Default: none. */
  associatedData?: string | Uint8Array;
  /** A power of two from 64 to 1048576, the default: how much is encrypted, and later read, at once. */
  segmentSize?: number;
}

/** `length` fresh random bytes. */
type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

/**
 * Encrypts bytes here, under a data key of KKP, into a sealed stream (FORMAT.md) that begins with the data key's envelope.
 *
 * `dataKey.plaintext` is copied before this returns; overwrite it when no other stream shall use it. It may serve many streams:
 * each has a key of its own. A stream that ends early, by an error or `abort`, never opens to its end.
 * Throws TypeError or RangeError for wrong arguments; chunks must be Uint8Array.
 *
 * @example
 * const dataKey = await kkp.createDataKey({ backend: 'aws', key_id: 'alias/orders' });
 * await file.stream().pipeThrough(encryptStream(dataKey)).pipeTo(target);
 */
export function encryptStream(
  dataKey: DataKey,
  options: EncryptStreamOptions = {},
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  return encryptStreamWith((length) => crypto.getRandomValues(new Uint8Array(length)), dataKey, options);
}

/** `encryptStream` with the randomness given: what tests repeat the shared vectors with. */
export function encryptStreamWith(
  randomBytes: RandomBytes,
  { envelope, plaintext: keyBytes }: DataKey,
  { associatedData = '', segmentSize = 2 ** MAX_EXPONENT }: EncryptStreamOptions,
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const header: StreamHeader = {
    envelopeJson: writeEnvelope(envelope),
    exponent: exponentOf(segmentSize),
    salt: randomBytes(SALT_BYTES),
    prefix: randomBytes(PREFIX_BYTES),
  };
  const bound = toBytes('associatedData', associatedData);
  checkDataKey(keyBytes);
  const segments = new Segmenter(segmentSize - STREAM_HEADER_BYTES - TAG_BYTES, segmentSize - TAG_BYTES);
  let cipher: SegmentCipher;
  return new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    async start(controller) {
      const key = await deriveStreamKey(await importDataKey(keyBytes), header, bound);
      cipher = new SegmentCipher(key, header.prefix);
      controller.enqueue(writeHeader(header));
    },
    async transform(chunk, controller) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('chunks must be Uint8Array');
      for (const segment of segments.push(chunk)) controller.enqueue(await cipher.seal(segment, false));
    },
    async flush(controller) {
      controller.enqueue(await cipher.seal(segments.last(), true));
    },
  });
}

function exponentOf(segmentSize: number): number {
  const exponent = Math.log2(segmentSize);
  if (!Number.isInteger(exponent) || exponent < MIN_EXPONENT || exponent > MAX_EXPONENT) {
    throw new RangeError('segmentSize must be a power of two from 64 to 1048576');
  }
  return exponent;
}

function checkDataKey(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array) || !isDataKey(bytes)) {
    throw new TypeError('the data key must have 32 or 64 bytes');
  }
  if (bytes.every((byte) => byte === 0)) throw new TypeError('the data key has been overwritten');
}
