import { KkpStreamError } from '../errors.js';
import type { Envelope } from '../types.js';
import { readEnvelopeJson, writeEnvelope } from './envelope-json.js';
import { HeaderReader, writeHeader } from './header.js';

/**
 * Writes the header of a sealed stream anew, with what `rewrap` makes of the envelope in it, and passes the rest on as it is:
 * how a stream moves to another key, or to a key's current version, without being decrypted.
 *
 * @example
 * const move = async (envelope: Envelope) => (await kkp.rewrap({ token, envelope, key_id: 'alias/new' })).envelope;
 * await sealed.pipeThrough(rewrapStream(move)).pipeTo(target);
 */
export function rewrapStream(
  rewrap: (envelope: Envelope) => Promise<Envelope>,
): TransformStream<Uint8Array, Uint8Array> {
  const reader = new HeaderReader();
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      const hadHeader = reader.header !== undefined;
      const rest = reader.push(chunk);
      if (!hadHeader && reader.header) {
        const envelope = await rewrap(readEnvelopeJson(reader.header.envelopeJson));
        controller.enqueue(writeHeader({ ...reader.header, envelopeJson: writeEnvelope(envelope) }));
      }
      if (rest.length > 0) controller.enqueue(rest);
    },
    flush() {
      if (!reader.header) throw new KkpStreamError('bad_header');
    },
  });
}
