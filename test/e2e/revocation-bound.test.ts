import { setImmediate as turn } from 'node:timers/promises';
import type { KmsBackend } from 'kkp-plugin-kit';
import { BackendRegistry } from '../../src/backends/index.js';
import { alteredPlugin } from '../support/altered-plugin.js';
import {
  emulations,
  expectProblem,
  get,
  GRANT,
  issueToken,
  post,
  seal,
  startServer,
  type TestServer,
  type TestServerOptions,
} from '../support/server.js';
import { Places } from '../unit/store/places.js';

const places = new Places();
let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  places.clear();
});

const start = async (options: TestServerOptions = {}): Promise<TestServer> =>
  (server = await startServer(options));

describe('the bound of a revocation in /readyz', () => {
  it.each([
    [undefined, 60],
    [2, 2],
    [30, 30],
    [3600, 3600],
  ])('for lists of %s s is 0 here, and %i s offline', async (revocationListTtl, offline) => {
    const settings = revocationListTtl === undefined ? {} : { revocationListTtl };
    const { body } = await get(await start({ settings }), '/readyz');
    expect(body.revocation_bound_seconds).toEqual({ here: 0, offline });
  });

  it('is that of the file of configuration', async () => {
    const env = { KKP_CONFIG: places.file(JSON.stringify({ revocation: { list_ttl_seconds: 7 } })) };
    const { body } = await get(await start({ env }), '/readyz');
    expect(body.revocation_bound_seconds).toEqual({ here: 0, offline: 7 });
  });
});

/** A key service that answers when it is let. */
class SlowService {
  asked = 0;
  /** As many calls that do not wait. */
  letFirst = 0;
  let: () => void = () => undefined;
  readonly #let = new Promise<void>((resolve) => (this.let = resolve));

  readonly backends = emulations().map((plugin) =>
    alteredPlugin(plugin, (backend: KmsBackend) => ({
      unwrapKey: async (...args: Parameters<KmsBackend['unwrapKey']>) => {
        this.asked += 1;
        if (this.asked > this.letFirst) await this.#let;
        return await backend.unwrapKey(...args);
      },
    })),
  );
}

describe('a decryption that waits for its key service when its token is revoked', () => {
  let service: SlowService;
  beforeEach(() => (service = new SlowService()));

  async function begin(settings: TestServerOptions['settings'] = {}) {
    const started = await start({ backends: service.backends, settings });
    const registry = started.app.get(BackendRegistry);
    const body = { token: await issueToken(started), envelope: await seal(started) };
    const decrypt = () => post(started, '/envelope/decrypt', body);
    const batch = (count: number) =>
      post(started, '/envelope/decrypt/batch', { items: Array(count).fill(body) as object[] });
    const revoke = async (rule: (token: string) => object = () => ({ subject: GRANT.subject })) =>
      expect((await post(started, '/revoke', rule(body.token))).status).toBe(200);
    const waiting = async (calls: number) => {
      const isThere = () => registry.status().aws!.inFlight + registry.status().aws!.queued === calls;
      for (let turns = 0; !isThere() && turns < 10_000; turns++) await turn();
    };
    return { decrypt, batch, revoke, waiting };
  }

  it.each<[string, (token: string) => object]>([
    ['its subject', () => ({ subject: GRANT.subject })],
    ['its jti', (token) => ({ jti: decode(token, 1).jti })],
    ['its key', (token) => ({ kid: decode(token, 0).kid })],
    ['all before now', () => ({ before: Math.floor(Date.now() / 1000) + 1 })],
  ])('by %s gets no plaintext, and no request after it reaches the key service', async (_what, rule) => {
    const { decrypt, revoke, waiting } = await begin();
    const underWay = decrypt();
    await waiting(1);
    await revoke(rule);
    for (const late of [await decrypt(), await decrypt()]) expectProblem(late, 401, 'invalid_token');
    service.let();
    expectProblem(await underWay, 401, 'invalid_token');
    expect(service.asked).toBe(1);
  });

  it('is answered when another token was revoked', async () => {
    const { decrypt, revoke, waiting } = await begin();
    const underWay = decrypt();
    await waiting(1);
    await revoke(() => ({ subject: 'svc-other' }));
    service.let();
    expect(await underWay).toMatchObject({ status: 200, body: { plaintext: 'attack at dawn' } });
  });

  it('gets no plaintext of a batch either, of which a part was opened before', async () => {
    const { batch, revoke, waiting } = await begin({ kmsConcurrency: 8 });
    service.letFirst = 9;
    const underWay = batch(10);
    await waiting(1);
    await revoke();
    service.let();
    const { status, body } = await underWay;
    expect(status).toBe(200);
    const results = body.results as { status: number; body: object }[];
    expect(results.map((result) => result.status)).toEqual(Array(10).fill(401));
    expect(JSON.stringify(results)).not.toContain('attack at dawn');
    expect(service.asked).toBe(10);
  });

  it.each([
    ['with the key service', 64],
    ['in the queue before it', 1],
  ])('gets no plaintext after its deadline %s, though it answers then', async (_where, kmsConcurrency) => {
    const { decrypt, revoke, waiting } = await begin({ kmsTimeout: 300, kmsConcurrency, kmsRetries: 0 });
    const underWay = [decrypt(), decrypt()];
    await waiting(2);
    await revoke();
    const revoked = performance.now();
    for (const answer of await Promise.all(underWay)) {
      expect(answer.status).toBe(503);
      expect(answer.body).not.toHaveProperty('plaintext');
    }
    expect(performance.now() - revoked).toBeLessThan(1000);
    const { asked } = service;
    service.let();
    expectProblem(await decrypt(), 401, 'invalid_token');
    expect(service.asked).toBe(asked);
  });
});

const decode = (token: string, part: 0 | 1): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString()) as Record<string, unknown>;
