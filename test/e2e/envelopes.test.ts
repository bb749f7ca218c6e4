import { expectProblem, issueToken, post, seal, startServer, type TestServer } from '../support/server.js';

describe('envelopes over HTTP', () => {
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    server = await startServer();
    token = await issueToken(server);
  });
  afterAll(() => server.close());

  const decrypt = (request: object) => post(server, '/envelope/decrypt', { token, ...request });

  it('gives back the text that was encrypted, and the claims', async () => {
    const envelope = await seal(server, { plaintext: 'Grüße 🔑' });
    const { status, body } = await decrypt({ envelope });
    expect(status).toBe(200);
    expect(body.plaintext).toBe('Grüße 🔑');
    expect(body.claims).toMatchObject({ sub: 'svc-billing', aud: 'reports', backend: 'aws' });
  });

  it('has exactly the members of the wire', async () => {
    const members = ['backend', 'ciphertext', 'encrypted_data_key', 'key_id', 'nonce'];
    const plain = await seal(server);
    expect(Object.keys(plain).sort()).toEqual(members);
    expect(Buffer.from(plain.nonce!, 'base64url')).toHaveLength(12);
    const bound = await seal(server, { associated_data: 'order 7' });
    expect(Object.keys(bound).sort()).toEqual([...members, 'associated_data'].sort());
    expect(bound.associated_data).toBe('order 7');
  });

  it.each(['aws', 'gcp', 'azure'])('round-trips every byte value through %s', async (backend) => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const own = await issueToken(server, { backend, key_id: 'orders' });
    const request = {
      backend,
      key_id: 'orders',
      plaintext: undefined,
      plaintext_base64: bytes.toString('base64url'),
    };
    const envelope = await seal(server, request);
    const { status, body } = await decrypt({ token: own, envelope, encoding: 'base64' });
    expect(status).toBe(200);
    expect(Buffer.from(body.plaintext_base64 as string, 'base64url')).toEqual(bytes);
  });

  it('round-trips the empty text', async () => {
    expect((await decrypt({ envelope: await seal(server, { plaintext: '' }) })).body.plaintext).toBe('');
  });

  it('says to ask for base64 when the plaintext is not text', async () => {
    const envelope = await seal(server, { plaintext: undefined, plaintext_base64: '_w' });
    const answer = await decrypt({ envelope });
    expectProblem(answer, 400, 'envelope_error');
    expect(answer.body.message).toContain('base64');
  });

  it.each([{ plaintext: 'a', plaintext_base64: 'YQ' }, { plaintext: undefined }])(
    'wants exactly one form of plaintext: %p',
    async (forms) => {
      const answer = await post(server, '/envelope/encrypt', { backend: 'aws', key_id: 'k', ...forms });
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body.message).toContain('exactly one');
    },
  );

  it.each(['YQ==', 'YR', 'a+/b', 'Y'])(
    'refuses plaintext_base64 that is not canonical: %s',
    async (plaintext_base64) => {
      const answer = await post(server, '/envelope/encrypt', {
        backend: 'aws',
        key_id: 'k',
        plaintext_base64,
      });
      expectProblem(answer, 400, 'invalid_request');
    },
  );

  it('has one and the same body for every way in which an envelope can be wrong', async () => {
    const envelope = await seal(server, { associated_data: 'order 7' });
    const flip = (text: string, at: number) => {
      const bytes = Buffer.from(text, 'base64url');
      bytes[at < 0 ? bytes.length + at : at]! ^= 1;
      return bytes.toString('base64url');
    };
    const wrong = [
      { ciphertext: flip(envelope.ciphertext!, 0) },
      { ciphertext: flip(envelope.ciphertext!, -1) },
      { ciphertext: envelope.ciphertext!.slice(0, 12) },
      { ciphertext: '' },
      { nonce: flip(envelope.nonce!, 3) },
      { nonce: 'AAAA' },
      { encrypted_data_key: flip(envelope.encrypted_data_key!, 0) },
      { encrypted_data_key: flip(envelope.encrypted_data_key!, 20) },
      { encrypted_data_key: flip(envelope.encrypted_data_key!, -1) },
      { encrypted_data_key: 'not base64!' },
      { associated_data: 'order 8' },
      { associated_data: undefined },
    ];
    const bodies = new Set<string>();
    for (const change of wrong) {
      const answer = await decrypt({ envelope: { ...envelope, ...change } });
      expectProblem(answer, 400, 'envelope_error');
      bodies.add(JSON.stringify({ ...answer.body, instance: '' }));
    }
    expect(bodies.size).toBe(1);
  });

  it('opens whatever fits into a request for encryption', async () => {
    const limit = 8192;
    const small = await startServer({ settings: { bodyLimit: limit } });
    const own = await issueToken(small);
    const request = {
      backend: 'aws',
      key_id: 'alias/orders',
      associated_data: 'x'.repeat(2000),
      plaintext: '',
    };
    const plaintext = 'y'.repeat(limit - JSON.stringify(request).length);
    const envelope = await seal(small, { ...request, plaintext });
    const opened = await post(small, '/envelope/decrypt', { token: own, envelope });
    expect(opened).toMatchObject({ status: 200, body: { plaintext } });
    const larger = await post(small, '/envelope/encrypt', { ...request, plaintext: `${plaintext}y` });
    expectProblem(larger, 413, 'invalid_request');
    await small.close();
  });

  it('refuses a token for another key, and one for another backend', async () => {
    const envelope = await seal(server);
    for (const scope of [{ key_id: 'alias/other' }, { backend: 'gcp' }]) {
      const other = await issueToken(server, scope);
      expectProblem(await decrypt({ token: other, envelope }), 403, 'policy_denied');
    }
  });

  it('does not open another key’s envelope for a token and a header that agree', async () => {
    await seal(server, { key_id: 'alias/mine' });
    const own = await issueToken(server, { key_id: 'alias/mine' });
    const envelope = { ...(await seal(server)), key_id: 'alias/mine' };
    expectProblem(await decrypt({ token: own, envelope }), 400, 'envelope_error');
  });

  it('refuses a token for another audience than the one expected', async () => {
    const envelope = await seal(server);
    expect((await decrypt({ envelope, expected_audience: 'reports' })).status).toBe(200);
    expectProblem(await decrypt({ envelope, expected_audience: 'billing' }), 403, 'policy_denied');
  });

  it('is denied by the policy outside of the environment that the token names', async () => {
    const bound = await issueToken(server, { policy_claims: { environment: 'prod' } });
    const envelope = await seal(server);
    const inside = { token: bound, envelope, context: { environment: 'prod' } };
    expect((await decrypt(inside)).status).toBe(200);
    for (const context of [{ environment: 'dev' }, {}, undefined]) {
      expectProblem(await decrypt({ ...inside, context }), 403, 'policy_denied');
    }
  });

  it('refuses an expired, a foreign and a mangled token, and says how to bring a good one', async () => {
    const envelope = await seal(server);
    const other = await startServer();
    const foreign = await issueToken(other);
    await other.close();
    for (const bad of [foreign, `${token}x`, token.slice(0, -10), 'not-a-token', '']) {
      const answer = await decrypt({ token: bad, envelope });
      expectProblem(answer, 401, 'invalid_token');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  });

  it('refuses a backend that is not configured', async () => {
    const answer = await post(server, '/envelope/encrypt', {
      backend: 'nowhere',
      key_id: 'k',
      plaintext: 'x',
    });
    expectProblem(answer, 400, 'kms_error');
    expect(JSON.stringify(answer.body)).not.toContain('nowhere');
  });

  it('is denied by the default policy with an empty backend or key id', async () => {
    for (const scope of [{ backend: '' }, { key_id: '' }]) {
      const answer = await post(server, '/envelope/encrypt', {
        backend: 'aws',
        key_id: 'k',
        plaintext: 'x',
        ...scope,
      });
      expectProblem(answer, 403, 'policy_denied');
    }
  });

  it.each([null, [], 'text', 7, {}, { backend: 'aws' }])(
    'refuses an envelope that is none: %p',
    async (envelope) => {
      expectProblem(await decrypt({ envelope }), 400, 'invalid_request');
    },
  );
});
