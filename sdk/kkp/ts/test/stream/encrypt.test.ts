import { type DataKey, decryptBytes, decryptStream, encryptBytes, encryptStream } from '../../src/index.js';
import { SegmentCipher } from '../../src/stream/cipher.js';
import { caught } from '../support/caught.js';
import { ENVELOPE, inChunks, makeDataKey, openDataKey, run } from '../support/streams.js';

const chunk = (length: number, value = 7) => new Uint8Array(length).fill(value);

describe('encryptBytes and decryptBytes', () => {
  it.each([0, 1, 2 ** 20 - 57, 2 ** 20 - 56, 2 ** 20 - 55, 2 ** 21 - 72, 2 ** 21 - 71, 3_000_000])(
    'give %d bytes back',
    async (length) => {
      const sealed = await encryptBytes(makeDataKey(), chunk(length));
      expect(Buffer.compare(await decryptBytes(openDataKey, sealed), chunk(length))).toBe(0);
    },
  );

  it('encrypt text as UTF-8', async () => {
    const opened = await decryptBytes(openDataKey, await encryptBytes(makeDataKey(), 'grüße 🔑'));
    expect(new TextDecoder().decode(opened)).toBe('grüße 🔑');
  });

  it('take associated data as text or as its bytes', async () => {
    const sealed = await encryptBytes(makeDataKey(), 'x', { associatedData: 'grüße' });
    const associatedData = new TextEncoder().encode('grüße');
    expect(await decryptBytes(openDataKey, sealed, { associatedData })).toHaveLength(1);
    expect(await caught(decryptBytes(openDataKey, sealed))).toMatchObject({ reason: 'not_authentic' });
  });

  it('seal the same message differently each time', async () => {
    const dataKey = makeDataKey();
    const [one, two] = [await encryptBytes(dataKey, 'x'), await encryptBytes(dataKey, 'x')];
    const start = one.length - 17 - 39;
    expect(one.subarray(0, start)).toEqual(two.subarray(0, start));
    expect(one.subarray(start, start + 32)).not.toEqual(two.subarray(start, start + 32));
    expect(one.subarray(start + 32, start + 39)).not.toEqual(two.subarray(start + 32, start + 39));
  });
});

describe('encryptStream', () => {
  it('has copied the data key when it returns, so that it may be overwritten', async () => {
    const dataKey = makeDataKey();
    const stream = encryptStream(dataKey);
    dataKey.plaintext.fill(0);
    const { output } = await run(stream, [chunk(100)]);
    expect(Buffer.from(await decryptBytes(openDataKey, output))).toEqual(Buffer.from(chunk(100)));
  });

  it('does not overwrite the data key itself', async () => {
    const dataKey = makeDataKey();
    await encryptBytes(dataKey, 'x');
    expect(dataKey).toEqual(makeDataKey());
  });

  it('gives each segment out before the next one is full', async () => {
    const stream = encryptStream(makeDataKey(), { segmentSize: 64 });
    const [writer, reader] = [stream.writable.getWriter(), stream.readable.getReader()];
    await reader.read();
    void writer.write(chunk(8 + 1));
    expect((await reader.read()).value).toHaveLength(8 + 16);
    void writer.write(chunk(48));
    expect((await reader.read()).value).toHaveLength(64);
    await writer.abort();
  });

  it('takes no more from its source than it needs, however large that is', async () => {
    let taken = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        taken += 32;
        controller.enqueue(chunk(32));
      },
    });
    const sealing = source.pipeThrough(encryptStream(makeDataKey(), { segmentSize: 64 }));
    const reader = sealing.pipeThrough(decryptStream(openDataKey)).getReader();
    let read = 0;
    while (read < 10_000) read += (await reader.read()).value?.length ?? 0;
    // A segment and the chunks that the queues between the streams hold.
    expect(taken).toBeLessThan(read + 64 * 8);
    await reader.cancel();
  });

  it('makes no last segment of a stream that is aborted', async () => {
    const stream = encryptStream(makeDataKey(), { segmentSize: 64 });
    const [writer, reader] = [stream.writable.getWriter(), stream.readable.getReader()];
    const sealed = [(await reader.read()).value!];
    void writer.write(chunk(8 + 48));
    sealed.push((await reader.read()).value!);
    await writer.abort(new Error('the disk is full'));
    expect(String(await caught(reader.read()))).toContain('the disk is full');
    const { output, error } = await run(decryptStream(openDataKey), sealed);
    expect(output).toHaveLength(0);
    expect(error).toMatchObject({ reason: 'not_authentic' });
  });

  it.each([
    ['text', 'abc'],
    ['numbers', [1, 2, 3]],
    ['nothing', undefined],
    ['a bare ArrayBuffer', new ArrayBuffer(3)],
    ['wider than bytes', new Uint16Array(3)],
  ])('refuses chunks that are %s', async (_, wrong) => {
    const { error } = await run(encryptStream(makeDataKey()), [wrong as never]);
    expect(error).toBeInstanceOf(TypeError);
  });

  it.each([0, 1, 32, 63, 65, 100, 2 ** 21, -64, 64.5, NaN, Infinity])(
    'refuses segments of %d bytes',
    (segmentSize) => {
      expect(() => encryptStream(makeDataKey(), { segmentSize })).toThrow(RangeError);
    },
  );

  it.each<[string, Partial<Record<keyof DataKey, unknown>>]>([
    ['a data key of 16 bytes', { plaintext: chunk(16) }],
    ['a data key of 33 bytes', { plaintext: chunk(33) }],
    ['no data key', { plaintext: undefined }],
    ['a data key as text', { plaintext: 'A'.repeat(32) }],
    ['a data key that was overwritten', { plaintext: new Uint8Array(32) }],
    ['no envelope', { envelope: undefined }],
    ['an envelope without nonce', { envelope: { ...ENVELOPE, nonce: undefined } }],
    ['an envelope with a number', { envelope: { ...ENVELOPE, nonce: 7 } }],
    ['an envelope with an unknown member', { envelope: { ...ENVELOPE, version: '2' } }],
    ['an envelope that is not text', { envelope: { ...ENVELOPE, associated_data: '\ud800' } }],
    ['an envelope of more than 64 KiB', { envelope: { ...ENVELOPE, associated_data: 'x'.repeat(65_536) } }],
  ])('refuses %s', (_, change) => {
    expect(() => encryptStream({ ...makeDataKey(), ...change } as DataKey)).toThrow(TypeError);
  });

  it.each([7, null, [1]])('refuses associated data %p', (associatedData) => {
    expect(() => encryptStream(makeDataKey(), { associatedData: associatedData as never })).toThrow(
      TypeError,
    );
    expect(() => decryptStream(openDataKey, { associatedData: associatedData as never })).toThrow(TypeError);
  });

  it('numbers 2^32 segments and no more', async () => {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ]);
    const prefix = chunk(7);
    const sealer = new SegmentCipher(key, prefix, 2 ** 32 - 1);
    const segment = await sealer.seal(chunk(5), true);
    const iv = Buffer.concat([prefix, Buffer.alloc(4, 0xff), Buffer.of(1)]);
    expect(Buffer.from(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, segment))).toHaveLength(5);
    expect(await caught(sealer.seal(chunk(5), true))).toBeInstanceOf(RangeError);
    const opener = new SegmentCipher(key, prefix, 2 ** 32);
    expect(await caught(opener.open(segment, true))).toMatchObject({ reason: 'not_authentic' });
  });

  it('goes through in chunks of any size', async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index);
    for (const size of [1, 3, 48, 64, 999]) {
      const sealed = await run(encryptStream(makeDataKey(), { segmentSize: 128 }), inChunks(bytes, size));
      const opened = await run(decryptStream(openDataKey), inChunks(sealed.output, size));
      expect(opened).toEqual({ output: Buffer.from(bytes) });
    }
  });
});
