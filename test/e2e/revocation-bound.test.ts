import { setImmediate as turn } from 'node:timers/promises';
import type { KmsBackend } from 'kkp-plugin-kit';
import { BackendRegistry } from '../../src/backends/index.js';
import { Kkp } from '../../src/kkp.js';
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

/** A key service that answers at once, until it is told to hold its answers. */
class SlowService {
  asked = 0;
  /** As many calls are answered at once after all. */
  answersFirst = 0;
  let: () => void = () => undefined;
  #held: Promise<void> | undefined;

  readonly backends = emulations().map((plugin) =>
    alteredPlugin(plugin, (backend: KmsBackend) => ({
      // Its other way to wrap: fresh data keys then come from KKP.
      capabilities: (keyId) => ({ ...backend.capabilities(keyId), generateDataKey: false }),
      wrapKey: async (...args: Parameters<KmsBackend['wrapKey']>) => {
        await this.#turn();
        return await backend.wrapKey(...args);
      },
      unwrapKey: async (...args: Parameters<KmsBackend['unwrapKey']>) => {
        await this.#turn();
        return await backend.unwrapKey(...args);
      },
    })),
  );

  hold(): void {
    this.asked = 0;
    this.#held = new Promise<void>((resolve) => (this.let = resolve));
  }

  async #turn(): Promise<void> {
    this.asked += 1;
    if (this.asked > this.answersFirst) await this.#held;
  }
}

const ops = ['decrypt', 'encrypt', 'rewrap', 'data_key'];
const KEY = { backend: GRANT.backend, key_id: GRANT.key_id };

describe('a request that waits for its key service when its token is revoked', () => {
  let service: SlowService;
  beforeEach(() => (service = new SlowService()));

  async function begin() {
    const started = await start({ backends: service.backends });
    const [token, envelope] = [await issueToken(started, { ops }), await seal(started)];
    service.hold();
    const decrypt = () => post(started, '/envelope/decrypt', { token, envelope });
    const revoke = async (rule: (token: string) => object = () => ({ subject: GRANT.subject })) =>
      expect((await post(started, '/revoke', rule(token))).status).toBe(200);
    const waiting = async () => {
      const isThere = () => started.app.get(BackendRegistry).status().aws!.inFlight === 1;
      for (let turns = 0; !isThere() && turns < 10_000; turns++) await turn();
    };
    return { started, token, envelope, decrypt, revoke, waiting };
  }

  it.each<[string, (token: string) => object]>([
    ['its subject', () => ({ subject: GRANT.subject })],
    ['its jti', (token) => ({ jti: decode(token, 1).jti })],
    ['its backend and key', () => KEY],
    ['its signing key', (token) => ({ kid: decode(token, 0).kid })],
    ['all before now', () => ({ before: Math.floor(Date.now() / 1000) + 1 })],
  ])('by %s gets no plaintext, and none after it reaches the key service', async (_what, rule) => {
    const { decrypt, revoke, waiting } = await begin();
    const underWay = decrypt();
    await waiting();
    await revoke(rule);
    for (const late of [await decrypt(), await decrypt()]) expectProblem(late, 401, 'invalid_token');
    service.let();
    expectProblem(await underWay, 401, 'invalid_token');
    expect(service.asked).toBe(1);
  });

  it('is answered when another one was revoked', async () => {
    const { decrypt, revoke, waiting } = await begin();
    const underWay = decrypt();
    await waiting();
    await revoke(() => ({ subject: 'svc-other' }));
    service.let();
    expect(await underWay).toMatchObject({ status: 200, body: { plaintext: 'attack at dawn' } });
  });

  it.each<[string, (envelope: object) => object]>([
    ['/envelope/encrypt', () => ({ ...KEY, plaintext: 'attack at dawn' })],
    ['/envelope/rewrap', (envelope) => ({ envelope })],
    ['/datakey', () => KEY],
  ])('is refused at %s too', async (path, bodyOf) => {
    const { started, token, envelope, revoke, waiting } = await begin();
    const underWay = fetch(started.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(bodyOf(envelope)),
    });
    await waiting();
    await revoke();
    service.let();
    expect((await underWay).status).toBe(401);
  });

  it('is refused when code of this process asks', async () => {
    const { started, token, envelope, revoke, waiting } = await begin();
    const underWay = started.app.get(Kkp, { strict: false }).decrypt({ token, envelope } as never);
    await waiting();
    await revoke();
    service.let();
    await expect(underWay).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('gets no plaintext of a batch, of which a part was opened before', async () => {
    const { started, token, envelope, revoke, waiting } = await begin();
    service.answersFirst = 9;
    const items = Array<object>(10).fill({ token, envelope });
    const underWay = post(started, '/envelope/decrypt/batch', { items });
    await waiting();
    await revoke();
    service.let();
    const { status, body } = await underWay;
    expect(status).toBe(200);
    const results = body.results as { status: number; body: object }[];
    expect(results.map((result) => result.status)).toEqual(Array(10).fill(401));
    expect(JSON.stringify(results)).not.toContain('attack at dawn');
    expect(service.asked).toBe(10);
  });
});

const decode = (token: string, part: 0 | 1): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString()) as Record<string, unknown>;
