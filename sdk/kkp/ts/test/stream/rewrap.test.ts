import { type Envelope, decryptBytes, encryptBytes, rewrapStream } from '../../src/index.js';
import { ENVELOPE, inChunks, makeDataKey, openDataKey, run } from '../support/streams.js';

const PLAINTEXT = new Uint8Array(300).fill(7);
const MOVED: Envelope = {
  ...ENVELOPE,
  backend: 'vault',
  encrypted_data_key: 'longer than before',
  associated_data: 'x',
};
const seal = () => encryptBytes(makeDataKey(), PLAINTEXT, { segmentSize: 64 });
const move = () => Promise.resolve(MOVED);

describe('rewrapStream', () => {
  it.each([1, 10, 1000])('puts another envelope before the same segments, in chunks of %d', async (size) => {
    const asked: Envelope[] = [];
    const rewrap = (envelope: Envelope) => {
      asked.push(envelope);
      return move();
    };
    const sealed = await seal();
    const { output } = await run(rewrapStream(rewrap), inChunks(sealed, size));
    expect(asked).toEqual([ENVELOPE]);
    const body = 40 + 24 + 64;
    expect(output.subarray(-body)).toEqual(Buffer.from(sealed.subarray(-body)));
    const opened = await decryptBytes((envelope) => {
      expect(envelope).toEqual(MOVED);
      return openDataKey(envelope);
    }, output);
    expect(Buffer.from(opened)).toEqual(Buffer.from(PLAINTEXT));
  });

  it('fails with what the rewrap failed with, and gives nothing out', async () => {
    const refusal = new Error('no');
    const rewrap = rewrapStream(() => Promise.reject(refusal));
    expect(await run(rewrap, [await seal()])).toEqual({ output: Buffer.alloc(0), error: refusal });
  });

  it.each([
    ['a stream without a whole header', (sealed: Uint8Array) => sealed.subarray(0, 100), 'bad_header'],
    ['nothing', () => new Uint8Array(), 'bad_header'],
    ['another version', (sealed: Uint8Array) => sealed.with(4, 2), 'unsupported_version'],
    ['a changed envelope', (sealed: Uint8Array) => sealed.with(11, 0), 'bad_header'],
  ])('refuses %s', async (_, change, reason) => {
    const { output, error } = await run(rewrapStream(move), [change(await seal())]);
    expect(error).toMatchObject({ code: 'stream_rejected', reason });
    expect(output).toHaveLength(0);
  });

  it('refuses to write an answer that is no envelope', async () => {
    const { error } = await run(
      rewrapStream(() => Promise.resolve({} as Envelope)),
      [await seal()],
    );
    expect(error).toBeInstanceOf(TypeError);
  });
});
