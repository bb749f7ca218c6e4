import memory from 'kkp-plugin-memory';
import { KmsError } from 'kkp-plugin-kit';
import { alteredPlugin } from '../support/altered-plugin.js';
import { expectProblem, issueToken, post, startServer, type TestServer } from '../support/server.js';

describe('POST /datakey', () => {
  let server: TestServer;
  const aws = memory({ name: 'aws', emulates: 'aws' });
  const busy = alteredPlugin(memory({ name: 'busy' }), () => ({
    generateDataKey: () => Promise.reject(new KmsError('throttled', 'secret text', { retryAfterMs: 2_500 })),
  }));

  beforeAll(async () => {
    server = await startServer({ backends: [aws, memory({ name: 'azure', emulates: 'azure' }), busy] });
  });
  afterAll(() => server.close());

  const KEY = { backend: 'aws', key_id: 'alias/orders' };
  const ask = (request: object = {}) => post(server, '/datakey', { ...KEY, ...request });
  const open = async (envelope: Record<string, string>) => {
    const { backend, key_id } = envelope;
    const token = await issueToken(server, { backend, key_id });
    return post(server, '/envelope/decrypt', { token, envelope, encoding: 'base64' });
  };

  it.each([0, 1, 15, 24, 33, 128, -32, 32.5, '32', null, [32], true])(
    'refuses a length of %j',
    async (bytes) => {
      const answer = await ask({ bytes });
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body.message).toContain('16, 32, 64');
    },
  );

  it.each(['true', 1, 0, null, {}])('refuses include_plaintext %j', async (include_plaintext) => {
    expectProblem(await ask({ include_plaintext }), 400, 'invalid_request');
  });

  it.each([
    { backend: undefined },
    { key_id: undefined },
    { plaintext: 'AAAA' },
    { context: {} },
    { associated_data: 7 },
    { policy_context: [] },
  ])('refuses a request with %j', async (change) => {
    expectProblem(await ask(change), 400, 'invalid_request');
  });

  it.each([{ backend: '' }, { key_id: '' }])('is denied by the default policy for %j', async (change) => {
    expectProblem(await ask(change), 403, 'policy_denied');
  });

  it('refuses a backend that is not configured', async () => {
    expectProblem(await ask({ backend: 'nowhere' }), 400, 'kms_error');
  });

  it('refuses a key that is disabled', async () => {
    await ask({ key_id: 'alias/tired' });
    aws.admin.disable('alias/tired');
    const answer = await ask({ key_id: 'alias/tired' });
    expectProblem(answer, 400, 'kms_error');
    expect(answer.body).not.toHaveProperty('plaintext_base64');
  });

  it('says how long to wait for a key service that is busy', async () => {
    const answer = await ask({ backend: 'busy' });
    expectProblem(answer, 429, 'kms_error');
    expect(answer.headers.get('retry-after')).toBe('3');
    expect(JSON.stringify(answer.body)).not.toContain('secret text');
  });

  it.each([
    ['aws', undefined, 32],
    ['aws', 16, 16],
    ['aws', 64, 64],
    ['azure', 32, 32],
  ])(
    'answers a key of %s in clear, and in an envelope that opens to it: %j',
    async (backend, bytes, length) => {
      const { status, body, headers } = await ask({ backend, key_id: 'orders', bytes });
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(Object.keys(body as object).sort()).toEqual(['envelope', 'plaintext_base64']);
      expect(Buffer.from(body.plaintext_base64 as string, 'base64url')).toHaveLength(length);
      const opened = await open(body.envelope as Record<string, string>);
      expect(opened.body.plaintext_base64).toBe(body.plaintext_base64);
    },
  );

  it('answers the envelope alone when asked to', async () => {
    const { status, body } = await ask({ include_plaintext: false, bytes: 64 });
    expect(status).toBe(200);
    expect(Object.keys(body as object)).toEqual(['envelope']);
    const opened = await open(body.envelope as Record<string, string>);
    expect(Buffer.from(opened.body.plaintext_base64 as string, 'base64url')).toHaveLength(64);
  });

  it('answers another key each time', async () => {
    const answers = await Promise.all([ask(), ask(), ask()]);
    const keys = answers.map(({ body }) => body.plaintext_base64 as string);
    expect(new Set(keys).size).toBe(3);
    expect(keys.every((key) => /[^A]/.test(key))).toBe(true);
  });

  it('binds the associated data', async () => {
    const { body } = await ask({ associated_data: 'file 7' });
    const envelope = body.envelope as Record<string, string>;
    expect(envelope.associated_data).toBe('file 7');
    expect((await open(envelope)).status).toBe(200);
    expectProblem(await open({ ...envelope, associated_data: 'file 8' }), 400, 'envelope_error');
  });

  it('gives out no key without a token for its envelope', async () => {
    const { body } = await ask();
    const token = await issueToken(server, { key_id: 'alias/other' });
    const answer = await post(server, '/envelope/decrypt', { token, envelope: body.envelope });
    expectProblem(answer, 403, 'policy_denied');
  });

  it('makes keys that move to another backend and stay what they are', async () => {
    const { body } = await ask();
    const token = await issueToken(server, KEY);
    const to = { backend: 'azure', key_id: 'moved' };
    const moved = await post(server, '/envelope/rewrap', { token, envelope: body.envelope, ...to });
    const opened = await open(moved.body.envelope as Record<string, string>);
    expect(opened.body.plaintext_base64).toBe(body.plaintext_base64);
  });
});
