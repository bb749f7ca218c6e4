import memory from 'kkp-plugin-memory';
import { expectProblem, issueToken, post, seal, startServer, type TestServer } from '../support/server.js';

type Envelope = Record<string, string>;

describe('POST /envelope/rewrap', () => {
  let server: TestServer;
  let token: string;
  let now = Date.now();
  const [aws, gcp, azure] = (['aws', 'gcp', 'azure'] as const).map((name) =>
    memory({ name, emulates: name }),
  );
  const TO_AZURE = { backend: 'azure', key_id: 'moved' };

  beforeAll(async () => {
    const overrides = { clock: { now: () => now } };
    server = await startServer({ backends: [aws!, gcp!, azure!], overrides });
    token = await issueToken(server);
  });
  afterAll(() => server.close());

  const rewrap = (request: object) => post(server, '/envelope/rewrap', { token, ...request });
  const open = async (envelope: Envelope, grant: object = {}, more: object = {}) => {
    const { backend, key_id } = envelope;
    const own = await issueToken(server, { backend, key_id, ...grant });
    return post(server, '/envelope/decrypt', { token: own, envelope, ...more });
  };

  describe('is refused', () => {
    it('without a token, by the default policy', async () => {
      const envelope = await seal(server);
      for (const to of [{}, TO_AZURE]) {
        expectProblem(await rewrap({ token: undefined, envelope, ...to }), 403, 'policy_denied');
      }
    });

    it('with a foreign, a mangled or an empty token, or one that is none', async () => {
      const envelope = await seal(server);
      const other = await startServer();
      const foreign = await issueToken(other);
      await other.close();
      for (const bad of [foreign, `${token}x`, token.slice(0, -10), 'not-a-token', '']) {
        const answer = await rewrap({ token: bad, envelope });
        expectProblem(answer, 401, 'invalid_token');
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
      for (const bad of [null, 7, {}, [token]]) {
        expectProblem(await rewrap({ token: bad, envelope }), 400, 'invalid_request');
      }
    });

    it('with a token that has expired', async () => {
      const envelope = await seal(server);
      const short = await issueToken(server, { ttl_seconds: 10 });
      now += 9_000;
      expect((await rewrap({ token: short, envelope })).status).toBe(200);
      now += 2_000;
      expectProblem(await rewrap({ token: short, envelope }), 401, 'invalid_token');
    });

    it('with a token for another audience than the one expected', async () => {
      const envelope = await seal(server);
      expect((await rewrap({ envelope, expected_audience: 'reports' })).status).toBe(200);
      expectProblem(await rewrap({ envelope, expected_audience: 'billing' }), 403, 'policy_denied');
    });

    it('when an audience is expected of no token', async () => {
      const envelope = await seal(server);
      const answer = await rewrap({ token: undefined, envelope, expected_audience: 'reports' });
      expectProblem(answer, 400, 'invalid_request');
    });

    it.each([{ key_id: 'alias/other' }, { backend: 'gcp' }, TO_AZURE])(
      'with a token for %j instead of the envelope’s key, though it goes there',
      async (scope) => {
        const envelope = await seal(server);
        const other = await issueToken(server, scope);
        const to = { backend: 'aws', key_id: 'alias/orders', ...scope };
        expectProblem(await rewrap({ token: other, envelope }), 403, 'policy_denied');
        expectProblem(await rewrap({ token: other, envelope, ...to }), 403, 'policy_denied');
      },
    );

    it('outside of the environment that the token names', async () => {
      const bound = await issueToken(server, { policy_claims: { environment: 'prod' } });
      const envelope = await seal(server);
      const inside = { token: bound, envelope, context: { environment: 'prod' } };
      expect((await rewrap(inside)).status).toBe(200);
      for (const context of [{ environment: 'dev' }, {}, undefined]) {
        expectProblem(await rewrap({ ...inside, context }), 403, 'policy_denied');
      }
    });

    it('to a backend that is not configured', async () => {
      const answer = await rewrap({ envelope: await seal(server), backend: 'nowhere', key_id: 'k' });
      expectProblem(answer, 400, 'kms_error');
      expect(JSON.stringify(answer.body)).not.toContain('nowhere');
    });

    it('to a backend without one of its keys', async () => {
      for (const backend of ['gcp', 'aws']) {
        const answer = await rewrap({ envelope: await seal(server), backend });
        expectProblem(answer, 400, 'invalid_request');
        expect(answer.body.message).toContain('key_id');
      }
    });

    it.each([{ key_id: '' }, { backend: '', key_id: 'k' }])('to a target without a name: %j', async (to) => {
      expectProblem(await rewrap({ envelope: await seal(server), ...to }), 403, 'policy_denied');
    });

    it.each([
      { key_id: null },
      { backend: null, key_id: 'k' },
      { key_id: 7 },
      { key_id: 'k'.repeat(1025) },
      { backend: 'b'.repeat(65), key_id: 'k' },
      { to: TO_AZURE },
      { plaintext: 'x' },
      { context: [] },
      { envelope: null },
      { envelope: {} },
      { envelope: [] },
      { envelope: undefined },
    ])('for a request with %j', async (change) => {
      expectProblem(await rewrap({ envelope: await seal(server), ...change }), 400, 'invalid_request');
    });

    it('from a key that is disabled, and to one', async () => {
      const own = await issueToken(server, { key_id: 'alias/tired' });
      const envelope = await seal(server, { key_id: 'alias/tired' });
      const moves = [{}, { key_id: 'alias/orders' }, TO_AZURE];
      aws!.admin.disable('alias/tired');
      for (const to of moves) expectProblem(await rewrap({ token: own, envelope, ...to }), 400, 'kms_error');
      expectProblem(await rewrap({ envelope: await seal(server), key_id: 'alias/tired' }), 400, 'kms_error');
      aws!.admin.enable('alias/tired');
      for (const to of moves) expect((await rewrap({ token: own, envelope, ...to })).status).toBe(200);
    });

    it('with one and the same body for every way in which an envelope can be wrong', async () => {
      const envelope = await seal(server, { associated_data: 'order 7' });
      const flip = (text: string, at: number) => {
        const bytes = Buffer.from(text, 'base64url');
        bytes[at < 0 ? bytes.length + at : at]! ^= 1;
        return bytes.toString('base64url');
      };
      const wrong = [
        { ciphertext: flip(envelope.ciphertext!, 0) },
        { ciphertext: flip(envelope.ciphertext!, -1) },
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
      const ask = async (path: string, request: object) => {
        const answer = await post(server, path, { token, ...request });
        expectProblem(answer, 400, 'envelope_error');
        bodies.add(JSON.stringify({ ...answer.body, instance: '' }));
      };
      for (const change of wrong) {
        const spoilt = { ...envelope, ...change };
        await ask('/envelope/rewrap', { envelope: spoilt });
        await ask('/envelope/rewrap', { envelope: spoilt, ...TO_AZURE });
        await ask('/envelope/decrypt', { envelope: spoilt });
      }
      expect(bodies.size).toBe(1);
    });
  });

  it('moves to the current version of the key, and changes nothing but the wrapped data key', async () => {
    const own = await issueToken(server, { backend: 'gcp', key_id: 'turning' });
    const before = await seal(server, { backend: 'gcp', key_id: 'turning', associated_data: 'order 7' });
    gcp!.admin.rotate('turning');
    const { status, body, headers } = await rewrap({ token: own, envelope: before });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(body as object)).toEqual(['envelope']);
    expect(body.envelope.encrypted_data_key).not.toBe(before.encrypted_data_key);
    expect(body.envelope).toEqual({ ...before, encrypted_data_key: body.envelope.encrypted_data_key });
    expect((await open(body.envelope as Envelope)).body.plaintext).toBe('attack at dawn');
  });

  it('moves on to another key of the same backend when that alone is named', async () => {
    const { body } = await rewrap({ envelope: await seal(server), key_id: 'alias/next' });
    expect(body.envelope).toMatchObject({ backend: 'aws', key_id: 'alias/next' });
    expect((await open(body.envelope as Envelope)).body.plaintext).toBe('attack at dawn');
  });

  it('moves through three backends and back, and each stop opens with its own key only', async () => {
    const stops = [
      { backend: 'azure', key_id: 'journey' },
      { backend: 'gcp', key_id: 'journey' },
      { backend: 'aws', key_id: 'alias/journey' },
    ];
    let envelope = await seal(server, { key_id: 'alias/journey', associated_data: 'order 7' });
    let last = { backend: 'aws', key_id: 'alias/journey' };
    for (const stop of stops) await seal(server, stop);
    for (const stop of stops) {
      const own = await issueToken(server, last);
      const { status, body } = await rewrap({ token: own, envelope, ...stop });
      expect(status).toBe(200);
      envelope = body.envelope as Envelope;
      expect(envelope).toMatchObject({ ...stop, associated_data: 'order 7' });
      expect((await open(envelope)).body.plaintext).toBe('attack at dawn');
      expectProblem(await open(envelope, last), 403, 'policy_denied');
      for (const elsewhere of stops.filter((one) => one !== stop)) {
        expectProblem(await open({ ...envelope, ...elsewhere }), 400, 'envelope_error');
      }
      last = stop;
    }
  });

  it('takes whatever fits into a request for encryption', async () => {
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
    expect(JSON.stringify({ envelope }).length).toBeGreaterThan(limit);
    const moved = await post(small, '/envelope/rewrap', { token: own, envelope });
    expect(moved.status).toBe(200);
    const opened = await post(small, '/envelope/decrypt', { token: own, envelope: moved.body.envelope });
    expect(opened).toMatchObject({ status: 200, body: { plaintext } });
    await small.close();
  });
});
