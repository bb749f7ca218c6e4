import { KkpClient, KkpProtocolError } from '../src/index.js';
import { caught } from './support/caught.js';
import { type TestServer, json, problem, startServer } from './support/server.js';
import { ENVELOPE } from './support/streams.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const text = (length: number) => Buffer.alloc(length, 7).toString('base64url');

let server: TestServer;
let client: KkpClient;

beforeEach(async () => {
  server = await startServer();
  client = new KkpClient({ baseUrl: server.url });
});
afterEach(() => server.close());

describe('createDataKey', () => {
  it('sends only what was given and returns the key as bytes', async () => {
    server.answer = json({ envelope: ENVELOPE, plaintext_base64: text(32), later_member: 1 });
    const dataKey = await client.createDataKey(KEY);
    expect(dataKey).toEqual({ envelope: ENVELOPE, plaintext: new Uint8Array(32).fill(7) });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/datakey' }]);
    expect(server.seen[0]!.body).toEqual(KEY);
  });

  it.each([16, 32, 64] as const)('returns a key of %d bytes where they were asked for', async (bytes) => {
    server.answer = json({ envelope: ENVELOPE, plaintext_base64: text(bytes) });
    const request = { ...KEY, bytes, associated_data: 'order 7', policy_context: { a: 1 } };
    expect((await client.createDataKey(request)).plaintext).toHaveLength(bytes);
    expect(server.seen[0]!.body).toEqual(request);
  });

  it('returns the envelope alone where the plaintext is not wanted, even if it comes', async () => {
    server.answer = json({ envelope: ENVELOPE, plaintext_base64: text(32) });
    const request = { ...KEY, include_plaintext: false } as const;
    expect(await client.createDataKey(request)).toEqual({ envelope: ENVELOPE });
    expect(server.seen[0]!.body).toEqual(request);
  });

  it.each([
    ['no envelope', { plaintext_base64: text(32) }],
    ['an envelope that is text', { envelope: 'x', plaintext_base64: text(32) }],
    ['an envelope without nonce', { envelope: { ...ENVELOPE, nonce: null }, plaintext_base64: text(32) }],
    ['no plaintext', { envelope: ENVELOPE }],
    ['a plaintext that is a number', { envelope: ENVELOPE, plaintext_base64: 7 }],
    ['a plaintext with padding', { envelope: ENVELOPE, plaintext_base64: `${text(32)}=` }],
    ['a shorter key than asked for', { envelope: ENVELOPE, plaintext_base64: text(31) }],
    ['a longer key than asked for', { envelope: ENVELOPE, plaintext_base64: text(64) }],
    ['an empty key', { envelope: ENVELOPE, plaintext_base64: '' }],
  ])('refuses an answer with %s, and shows nothing of it', async (_, body) => {
    server.answer = json(body);
    const error = await caught(client.createDataKey(KEY));
    expect(error).toBeInstanceOf(KkpProtocolError);
    expect(String(error)).toContain('POST /datakey');
    expect(String(error)).not.toContain(text(30));
  });

  it('throws the error of the server', async () => {
    server.answer = problem(403, 'policy_denied');
    expect(await caught(client.createDataKey(KEY))).toMatchObject({ code: 'policy_denied', status: 403 });
  });
});

describe('rewrap', () => {
  const MOVED = { ...ENVELOPE, encrypted_data_key: 'DDDD' };

  it('posts the request as it is and returns the new envelope', async () => {
    server.answer = json({ envelope: MOVED });
    const request = {
      envelope: ENVELOPE,
      token: 'a.b.c',
      expected_audience: 'billing',
      backend: 'vault',
      key_id: 'orders',
      context: { environment: 'test' },
    };
    expect(await client.rewrap(request)).toEqual({ envelope: MOVED });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/envelope/rewrap', body: request }]);
  });

  it('needs nothing but the envelope', async () => {
    server.answer = json({ envelope: MOVED });
    await client.rewrap({ envelope: ENVELOPE });
    expect(server.seen[0]!.body).toEqual({ envelope: ENVELOPE });
  });

  it.each([{}, { envelope: [] }, { envelope: { ...MOVED, key_id: 1 } }])(
    'refuses the answer %j',
    async (body) => {
      server.answer = json(body);
      const error = await caught(client.rewrap({ envelope: ENVELOPE }));
      expect(error).toBeInstanceOf(KkpProtocolError);
      expect(String(error)).toContain('POST /envelope/rewrap');
    },
  );

  it('throws the error of the server', async () => {
    server.answer = problem(400, 'envelope_error');
    expect(await caught(client.rewrap({ envelope: ENVELOPE }))).toMatchObject({ code: 'envelope_error' });
  });
});
