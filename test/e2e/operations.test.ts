import { alteredPlugin } from '../support/altered-plugin.js';
import {
  emulations,
  get,
  GRANT,
  issueToken,
  post,
  seal,
  startServer,
  type TestServer,
} from '../support/server.js';

describe('operations', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  it('is alive', async () => {
    expect(await get(server, '/livez')).toMatchObject({ status: 200, body: { status: 'alive' } });
  });

  it('reports each backend, the policy revision and the ring in its readiness', async () => {
    const { status, body } = await get(server, '/readyz');
    expect(status).toBe(200);
    expect(body.status).toBe('ready');
    expect(Object.keys(body.backends as object).sort()).toEqual(['aws', 'azure', 'gcp']);
    expect(body.backends.aws.status).toBe('up');
    expect(body.policy.revision).toMatch(/\S/);
    expect(body.signing_keys).toEqual({ active: 1, next: 1 });
  });

  it('counts requests, decisions and calls to key services', async () => {
    await post(server, '/token', GRANT);
    await post(server, '/token', { ...GRANT, subject: '' });
    await seal(server);
    const { body, headers } = await get(server, '/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    const text = body as string;
    expect(text).toMatch(/kkp_http_requests_total\{route="\/token",method="POST",status="200"\} \d/);
    expect(text).toMatch(/kkp_http_requests_total\{route="\/token",method="POST",status="403"\} \d/);
    expect(text).toMatch(/kkp_policy_decisions_total\{action="issue_token",outcome="allow"\} \d/);
    expect(text).toMatch(/kkp_policy_decisions_total\{action="issue_token",outcome="deny"\} \d/);
    expect(text).toMatch(/kkp_kms_calls_total\{backend="aws",operation="generateDataKey",code="ok"\} \d/);
    expect(text).toMatch(/kkp_signing_keys\{state="active"\} 1/);
    expect(text).toMatch(/kkp_signing_key_age_seconds\{state="active"\} \d/);
    expect(text).toMatch(/process_resident_memory_bytes \d/);
  });

  it('serves its own description', async () => {
    const { status, body } = await get(server, '/openapi.json');
    expect(status).toBe(200);
    expect(Object.keys(body.paths as object)).toEqual(
      expect.arrayContaining([
        '/token',
        '/envelope/encrypt',
        '/envelope/decrypt',
        '/envelope/rewrap',
        '/datakey',
        '/datakey/batch',
        '/keys/jwks',
        '/keys/rotate',
      ]),
    );
  });

  it('writes no secret to its log, its metrics or its problems', async () => {
    const canary = 'canary-8c1f';
    const token = await issueToken(server, { subject: canary, policy_claims: { environment: canary } });
    const envelope = await seal(server, { plaintext: canary, associated_data: canary });
    const answers = [
      await post(server, '/token', { ...GRANT, unknown: canary }),
      await post(server, '/token', `{"subject":"${canary}`),
      await post(server, '/token', { ...GRANT, subject: { canary } }),
      await post(server, '/token', { ...GRANT, [`${canary} `]: 1 }),
      await post(server, '/envelope/decrypt', { token, envelope }),
      await post(server, '/envelope/decrypt', { token: canary, envelope }),
      await post(server, '/envelope/decrypt', { token, envelope: { ...envelope, ciphertext: canary } }),
      await post(server, '/envelope/encrypt', { backend: canary, key_id: canary, plaintext: canary }),
      await get(server, `/${canary}?token=${token}`),
      await post(server, '/envelope/rewrap', { token, envelope }),
      await post(server, '/envelope/rewrap', { token: canary, envelope }),
      await post(server, '/envelope/rewrap', { token, envelope, backend: canary, key_id: canary }),
      await post(server, '/envelope/rewrap', { token, envelope, [`${canary} `]: 1 }),
      await post(server, '/datakey', { backend: canary, key_id: canary, associated_data: canary }),
      await post(server, '/datakey', { backend: 'aws', key_id: canary, bytes: canary }),
      await post(server, '/envelope/encrypt/batch', { items: canary }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(answer.body)).not.toContain(canary);
    }
    const { body: metrics } = await get(server, '/metrics');
    const output = JSON.stringify(server.logs) + (metrics as string);
    for (const secret of [
      canary,
      token,
      token.split('.')[2]!,
      envelope.ciphertext!,
      envelope.encrypted_data_key!,
    ]) {
      expect(output).not.toContain(secret);
    }
  });
});

describe('a secret that is moved or made', () => {
  it('is in no log, no metric, and no other answer than the one that is to hold it', async () => {
    const canary = 'canary-5e7a';
    const bytes = Buffer.from(canary);
    const spelled = [canary, bytes.toString('base64url'), bytes.toString('base64'), bytes.toString('hex')];
    const dataKeys: Buffer[] = [];
    const seen = emulations().map((plugin) =>
      alteredPlugin(plugin, (backend) => ({
        unwrapKey: async (request, call) => {
          const opened = await backend.unwrapKey(request, call);
          dataKeys.push(Buffer.from(opened.plaintext));
          return opened;
        },
      })),
    );
    const server = await startServer({ backends: seen, settings: { logLevel: 'debug' } });
    const token = await issueToken(server);
    const envelope = await seal(server, { plaintext: canary });
    const spoilt = { ...envelope, nonce: `A${envelope.nonce!.slice(1)}` };
    const targets = [{}, { key_id: 'alias/next' }, { backend: 'azure', key_id: 'next' }];
    const moves = targets.flatMap((to) => [
      { token, envelope, ...to },
      { token, envelope: spoilt, ...to },
    ]);
    const answers: unknown[] = [(await post(server, '/envelope/rewrap/batch', { items: moves })).body];
    for (const move of moves) answers.push((await post(server, '/envelope/rewrap', move)).body);
    const made = await post(server, '/datakey', { backend: 'aws', key_id: 'alias/orders' });
    const hidden = { backend: 'aws', key_id: 'alias/orders', include_plaintext: false };
    answers.push((await post(server, '/datakey', hidden)).body);

    expect(dataKeys.length).toBeGreaterThanOrEqual(moves.length);
    const written = JSON.stringify(server.logs) + ((await get(server, '/metrics')).body as string);
    expect(written).not.toContain(made.body.plaintext_base64);
    const everything = written + JSON.stringify(answers);
    const forms = dataKeys.flatMap((key) =>
      ['base64url', 'base64', 'hex'].map((form) => key.toString(form as 'hex')),
    );
    for (const secret of [...spelled, ...forms]) expect(everything).not.toContain(secret);
    await server.close();
  });
});

describe('readiness', () => {
  it('stays with the backends that answer, and says which does not', async () => {
    const [aws, ...others] = emulations();
    const broken = alteredPlugin(aws!, () => ({ health: () => Promise.reject(new Error('down')) }));
    const degraded = await startServer({ backends: [broken, ...others] });
    const alone = await startServer({ backends: [broken] });
    expect(await get(degraded, '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'degraded', backends: { aws: { status: 'down' }, gcp: { status: 'up' } } },
    });
    expect(await get(alone, '/readyz')).toMatchObject({ status: 503, body: { status: 'unavailable' } });
    await degraded.close();
    await alone.close();
  });
});
