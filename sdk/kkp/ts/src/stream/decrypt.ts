import { toBytes } from '../bytes.js';
import { KkpStreamError } from '../errors.js';
import type { Envelope } from '../types.js';
import { SegmentCipher, deriveStreamKey, importDataKey, isDataKey } from './cipher.js';
import { readEnvelopeJson } from './envelope-json.js';
import { STREAM_HEADER_BYTES, type StreamHeader } from './format.js';
import { HeaderReader } from './header.js';
import { Segmenter } from './segmenter.js';

export interface DecryptStreamOptions {
  /** What the stream was encrypted with. Default: none. */
  associatedData?: string | Uint8Array;
}

/** Opens the envelope of a data key, as `KkpClient.dataKeyOpener` does. The bytes are overwritten after use. */
export type OpenDataKey = (envelope: Envelope) => Promise<Uint8Array>;

/**
 * Decrypts a sealed stream here; `open` is called once, with the envelope in its header.
 *
 * Each chunk that comes out has been verified, but it is the whole plaintext only when the stream ends without an error. Until
 * then write it where nobody takes it for the whole, and discard it on an error. The stream fails with
 * KkpStreamError when it was changed or cut or has other associated data, and with what `open` threw.
 *
 * @example
 * const open = kkp.dataKeyOpener({ token });
 * await sealed.pipeThrough(decryptStream(open)).pipeTo(target); // rejects: what target has is not the whole
 */
export function decryptStream(
  open: OpenDataKey,
  { associatedData = '' }: DecryptStreamOptions = {},
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const bound = toBytes('associatedData', associatedData);
  const reader = new HeaderReader();
  let body: Body | undefined;
  return new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    async transform(chunk, controller) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('chunks must be Uint8Array');
      const rest = reader.push(chunk);
      if (!reader.header) return;
      body ??= await openBody(reader.header, open, bound);
      for (const segment of body.segments.push(rest))
        controller.enqueue(await body.cipher.open(segment, false));
    },
    async flush(controller) {
      if (!body) throw new KkpStreamError('bad_header');
      const plaintext = await body.cipher.open(body.segments.last(), true);
      // A reader may take an empty chunk for the end, or refuse it.
      if (plaintext.length > 0) controller.enqueue(plaintext);
    },
  });
}

interface Body {
  readonly cipher: SegmentCipher;
  readonly segments: Segmenter;
}

async function openBody(
  header: StreamHeader,
  open: OpenDataKey,
  bound: Uint8Array<ArrayBuffer>,
): Promise<Body> {
  const bytes = await open(readEnvelopeJson(header.envelopeJson));
  try {
    if (!isDataKey(bytes)) throw new KkpStreamError('bad_header');
    const key = await deriveStreamKey(await importDataKey(bytes), header, bound);
    const size = 2 ** header.exponent;
    return {
      cipher: new SegmentCipher(key, header.prefix),
      segments: new Segmenter(size - STREAM_HEADER_BYTES, size),
    };
  } finally {
    bytes.fill(0);
  }
}
