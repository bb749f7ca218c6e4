import { KkpClient, type Envelope, decryptBytes, decryptStream, encryptBytes } from '../../src/index.js';
import { caught } from '../support/caught.js';
import { type TestServer, json, problem, startServer } from '../support/server.js';
import { ENVELOPE, inChunks, makeDataKey, openDataKey, run, streamOf } from '../support/streams.js';
import { CLAIMS } from '../support/tokens.js';

const PLAINTEXT = Uint8Array.from({ length: 200 }, (_, index) => index);
const seal = (bytes = PLAINTEXT) => encryptBytes(makeDataKey(), bytes, { segmentSize: 64 });

describe('decryptStream', () => {
  it('asks for the data key once, with the envelope that was given, and overwrites its bytes', async () => {
    const asked: Envelope[] = [];
    const key = makeDataKey().plaintext;
    const open = (envelope: Envelope) => {
      asked.push(envelope);
      return Promise.resolve(key);
    };
    const { output } = await run(decryptStream(open), inChunks(await seal(), 10));
    expect(output).toEqual(Buffer.from(PLAINTEXT));
    expect(asked).toEqual([ENVELOPE]);
    expect([...key]).toEqual(Array(32).fill(0));
  });

  it('overwrites bytes that are no data key, too', async () => {
    const key = new Uint8Array(31).fill(7);
    const error = await caught(decryptBytes(() => Promise.resolve(key), await seal()));
    expect(error).toMatchObject({ reason: 'bad_header' });
    expect([...key]).toEqual(Array(31).fill(0));
  });

  it('gives out nothing of a segment before all of it has come and its end is seen', async () => {
    const sealed = await seal();
    const stream = decryptStream(openDataKey);
    const [writer, reader] = [stream.writable.getWriter(), stream.readable.getReader()];
    let read = 0;
    const reading = (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.length;
    })();
    for (const byte of inChunks(sealed, 1)) {
      await writer.write(byte);
      if (read > 0) break;
    }
    expect(read).toBe(8);
    await writer.abort();
    await caught(reading);
  });

  it('gives a verified beginning out, and then fails', async () => {
    const sealed = await seal();
    sealed[sealed.length - 1]! ^= 1;
    const { output, error } = await run(decryptStream(openDataKey), [sealed]);
    expect(output).toEqual(Buffer.from(PLAINTEXT.subarray(0, 8 + 3 * 48)));
    expect(error).toMatchObject({ name: 'KkpStreamError', reason: 'not_authentic' });
  });

  it('fails pipeTo, so that a target does not take a beginning for the whole', async () => {
    const sealed = await seal();
    const source = streamOf([sealed.subarray(0, -20)]);
    let closed = false;
    let reason: unknown;
    const target = new WritableStream<Uint8Array>({
      close: () => void (closed = true),
      abort: (error) => void (reason = error),
    });
    const error = await caught(source.pipeThrough(decryptStream(openDataKey)).pipeTo(target));
    expect(error).toMatchObject({ reason: 'not_authentic' });
    expect(closed).toBe(false);
    expect(reason).toBe(error);
  });

  it('fails with what the source failed with', async () => {
    const failure = new Error('connection lost');
    const sealed = await seal();
    function* source() {
      yield sealed.subarray(0, -20);
      throw failure;
    }
    expect((await run(decryptStream(openDataKey), source())).error).toBe(failure);
  });

  it('fails with what opening the data key failed with', async () => {
    const refusal = new Error('no');
    expect(
      (
        await run(
          decryptStream(() => Promise.reject(refusal)),
          [await seal()],
        )
      ).error,
    ).toBe(refusal);
  });

  it('does not ask for a data key of a stream whose header is bad', async () => {
    let asked = 0;
    const open = () => {
      asked += 1;
      return openDataKey(ENVELOPE);
    };
    const sealed = await seal();
    sealed[12]! ^= 1;
    const { error } = await run(decryptStream(open), [sealed]);
    expect(error).toMatchObject({ reason: 'bad_header' });
    expect(asked).toBe(0);
  });

  it.each([
    ['of more than 64 KiB', [0, 1, 0, 1]],
    ['of 4 GiB', [255, 255, 255, 255]],
    ['of nothing', [0, 0, 0, 0]],
  ])('refuses an envelope %s before it reads on', async (_, length) => {
    function* source() {
      yield Uint8Array.of(0x4b, 0x4b, 0x50, 0x53, 1, 20, ...length);
      throw new Error('it read on');
    }
    const { error } = await run(decryptStream(openDataKey), source());
    expect(error).toMatchObject({ reason: 'bad_header' });
  });

  it.each(['abc', [1, 2], undefined, new Uint16Array(3)])('refuses chunks like %p', async (wrong) => {
    const { error } = await run(decryptStream(openDataKey), [wrong as unknown as Uint8Array]);
    expect(error).toBeInstanceOf(TypeError);
  });

  it('says nothing of keys or plaintext when it fails', async () => {
    const error = await caught(decryptBytes(openDataKey, (await seal()).subarray(0, -1)));
    expect(String(error)).toBe(
      'KkpStreamError: The sealed stream was changed or cut, or belongs to another data key or other associated data.',
    );
    expect((error as Error).cause).toBeUndefined();
  });
});

describe('dataKeyOpener', () => {
  let server: TestServer;
  beforeEach(async () => void (server = await startServer()));
  afterEach(() => server.close());

  it('opens the envelope of a stream through the server', async () => {
    const client = new KkpClient({ baseUrl: server.url });
    const plaintext_base64 = Buffer.from(makeDataKey().plaintext).toString('base64url');
    server.answer = json({ plaintext_base64, claims: CLAIMS });
    const request = { token: 'a.b.c', expected_audience: 'billing', context: { environment: 'test' } };
    const opened = await decryptBytes(client.dataKeyOpener(request), await seal());
    expect(Buffer.from(opened)).toEqual(Buffer.from(PLAINTEXT));
    const body = { ...request, envelope: ENVELOPE, encoding: 'base64' };
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/envelope/decrypt', body }]);
    expect(JSON.stringify(server.seen)).not.toContain(Buffer.from(PLAINTEXT).toString('base64url'));
  });

  it('passes on how to call the server', async () => {
    const client = new KkpClient({ baseUrl: server.url });
    const open = client.dataKeyOpener({ token: 'a.b.c' }, { signal: AbortSignal.abort() });
    expect(await caught(decryptBytes(open, await seal()))).toMatchObject({ code: 'aborted' });
  });

  it('fails the stream with the error of the server', async () => {
    server.answer = problem(403, 'policy_denied');
    const client = new KkpClient({ baseUrl: server.url });
    const error = await caught(decryptBytes(client.dataKeyOpener({ token: 'a.b.c' }), await seal()));
    expect(error).toMatchObject({ code: 'policy_denied', status: 403 });
  });
});
