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
  it.each<[number | undefined, number | undefined, object]>([
    [undefined, undefined, { here: 10, offline: 60 }],
    [10_000, 60, { here: 10, offline: 60 }],
    [1_500, 30, { here: 2, offline: 30 }],
    [1_001, 2, { here: 2, offline: 2 }],
    [1_000, 3600, { here: 1, offline: 3600 }],
    [10, 60, { here: 1, offline: 60 }],
    [600_000, 60, { here: 600, offline: 60 }],
  ])('for calls of %s ms and lists of %s s is %j', async (kmsTimeout, revocationListTtl, bound) => {
    const settings = {
      ...(kmsTimeout !== undefined && { kmsTimeout }),
      ...(revocationListTtl !== undefined && { revocationListTtl }),
    };
    const { body } = await get(await start({ settings }), '/readyz');
    expect(body.revocation_bound_seconds).toEqual(bound);
  });

  it('is that of the file of configuration', async () => {
    const file = { limits: { kms_timeout_ms: 4_200 }, revocation: { list_ttl_seconds: 7 } };
    const env = { KKP_CONFIG: places.file(JSON.stringify(file)) };
    const { body } = await get(await start({ env }), '/readyz');
    expect(body.revocation_bound_seconds).toEqual({ here: 5, offline: 7 });
  });
});

/** A key service that answers when it is let. */
class SlowService {
  asked = 0;
  let: () => void = () => undefined;
  readonly #let = new Promise<void>((resolve) => (this.let = resolve));

  readonly backends = emulations().map((plugin) =>
    alteredPlugin(plugin, (backend: KmsBackend) => ({
      unwrapKey: async (...args: Parameters<KmsBackend['unwrapKey']>) => {
        this.asked += 1;
        await this.#let;
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
    const revoke = async () => expect((await post(started, '/revoke', RULE)).status).toBe(200);
    const waiting = async (calls: number) => {
      const isThere = () => registry.status().aws!.inFlight + registry.status().aws!.queued === calls;
      for (let turns = 0; !isThere() && turns < 10_000; turns++) await turn();
    };
    return { decrypt, revoke, waiting };
  }

  it('may still be answered, and no request after it reaches the key service', async () => {
    const { decrypt, revoke, waiting } = await begin();
    const underWay = decrypt();
    await waiting(1);
    await revoke();
    for (const late of [await decrypt(), await decrypt()]) expectProblem(late, 401, 'invalid_token');
    service.let();
    expect(await underWay).toMatchObject({ status: 200, body: { plaintext: 'attack at dawn' } });
    expect(service.asked).toBe(1);
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

const RULE = { subject: GRANT.subject };
