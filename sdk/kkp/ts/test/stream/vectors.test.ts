import { KkpStreamError, decryptStream } from '../../src/index.js';
import { encryptStreamWith } from '../../src/stream/encrypt.js';
import type { AcceptStream, RejectStream } from '../../../../../test/vectors/streams/types.js';
import { REFUSED, hex, inChunks, run, vectorOpener } from '../support/streams.js';
import { readStreamVectors } from '../support/vectors.js';

const { cases } = readStreamVectors();
const accepts = cases.filter((vector): vector is AcceptStream => vector.verdict === 'accept');
const rejects = cases.filter((vector): vector is RejectStream => vector.verdict === 'reject');
const LENGTHS = [1, 7, 64, 1_000_000];

const open = (vector: AcceptStream | RejectStream, size: number) =>
  run(
    decryptStream(vectorOpener(), { associatedData: hex(vector.associated_data) }),
    inChunks(hex(vector.sealed), size),
  );

describe('the shared streams', () => {
  it('are there', () => {
    expect(accepts.length).toBeGreaterThanOrEqual(25);
    expect(rejects.length).toBeGreaterThanOrEqual(100);
  });

  it.each(accepts)('opens, however it is cut into chunks: $name', async (vector) => {
    for (const size of LENGTHS) {
      const { output, error } = await open(vector, size);
      expect(error).toBeUndefined();
      expect(output.toString('hex')).toBe(vector.plaintext);
    }
  });

  it.each(accepts)('is what the SDK writes with the same randomness: $name', async (vector) => {
    const { name, associated_data, segment_size: segmentSize, plaintext, salt, prefix } = vector;
    const random = new Map([
      [32, hex(salt)],
      [7, hex(prefix)],
    ]);
    const envelope = envelopeOf(vector);
    const randomBytes = (length: number) => random.get(length) as Uint8Array<ArrayBuffer>;
    const options = { associatedData: hex(associated_data), segmentSize };
    for (const size of LENGTHS) {
      const dataKey = { envelope, plaintext: hex(vector.data_key) };
      const { output, error } = await run(
        encryptStreamWith(randomBytes, dataKey, options),
        inChunks(hex(plaintext), size),
      );
      expect([name, error, output.toString('hex')]).toEqual([name, undefined, vector.sealed]);
    }
  });

  it.each(rejects)('does not open: $name', async (vector) => {
    for (const size of LENGTHS) {
      const { error } = await open(vector, size);
      if (vector.reason === 'envelope_refused') expect(error).toBe(REFUSED);
      else {
        expect(error).toBeInstanceOf(KkpStreamError);
        expect(error).toMatchObject({ code: 'stream_rejected', reason: vector.reason });
      }
    }
  });

  it.each(rejects)('gives out nothing that was not in the plaintext: $name', async (vector) => {
    const genuine = accepts.filter(({ associated_data }) => associated_data === vector.associated_data);
    const { output } = await open(vector, 64);
    const isPrefix = genuine.some(({ plaintext }) => plaintext.startsWith(output.toString('hex')));
    expect(output.length === 0 || isPrefix).toBe(true);
  });
});

function envelopeOf({ data_key, sealed }: AcceptStream) {
  const found = readStreamVectors().data_keys.find(
    (each) =>
      each.data_key === data_key && sealed.includes(Buffer.from(each.envelope.nonce!).toString('hex')),
  );
  // In another order than the canonical one.
  return Object.fromEntries(Object.entries(found!.envelope).reverse()) as never;
}
