import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import memory from 'kkp-plugin-memory';
import { KmsError, type KmsBackend } from 'kkp-plugin-kit';
import { KkpMetrics } from '../../src/index.js';
import { alteredPlugin } from '../support/altered-plugin.js';
import { expectProblem, get, GRANT, issueToken, post, startServer } from '../support/server.js';

/** A backend "aws" of which the calls for data keys go to `generateDataKey`. */
const failing = (generateDataKey: NonNullable<KmsBackend['generateDataKey']>) =>
  alteredPlugin(memory({ name: 'aws', emulates: 'aws' }), () => ({ generateDataKey }));
const healthy = () => memory({ name: 'gcp', emulates: 'gcp' });
const BODY = { backend: 'aws', key_id: 'orders', plaintext: 'attack at dawn' };

describe('a key service that is out', () => {
  const start = async () => {
    let asked = 0;
    const down = () => {
      asked += 1;
      return Promise.reject(new KmsError('unavailable', 'down'));
    };
    const settings = { kmsRetries: 0, kmsBreakerFailures: 2, kmsBreakerOpen: 60_000 };
    const server = await startServer({ settings, backends: [failing(down), healthy()] });
    return { server, asked: () => asked };
  };

  it('is not asked any more, and its callers are told when to come back', async () => {
    const { server, asked } = await start();
    for (let count = 0; count < 3; count++) {
      expectProblem(await post(server, '/envelope/encrypt', BODY), 503, 'kms_error');
    }
    const answer = await post(server, '/envelope/encrypt', BODY);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(asked()).toBe(2);
    await server.close();
  });

  it('shows in readiness and metrics, and takes no other backend along', async () => {
    const { server } = await start();
    expect((await get(server, '/readyz')).body).toMatchObject({ status: 'ready' });
    for (let count = 0; count < 3; count++) await post(server, '/envelope/encrypt', BODY);
    const readiness = await get(server, '/readyz');
    expect(readiness).toMatchObject({
      status: 200,
      body: { status: 'degraded', backends: { aws: { status: 'down' }, gcp: { status: 'up' } } },
    });
    expect((await post(server, '/envelope/encrypt', { ...BODY, backend: 'gcp' })).status).toBe(200);
    const { body } = await get(server, '/metrics');
    expect(body).toContain('kkp_kms_breaker_state{backend="aws"} 2');
    expect(body).toContain('kkp_kms_breaker_state{backend="gcp"} 0');
    expect(body).toContain('kkp_kms_refused_total{backend="aws",reason="breaker-open"} 1');
    expect(body).toContain(
      'kkp_kms_calls_total{backend="aws",operation="generateDataKey",code="unavailable"} 2',
    );
    await server.close();
  });
});

describe('a key service that is busy', () => {
  it('is asked again when it said that it may be, within the request', async () => {
    let asked = 0;
    const backend = memory({ name: 'aws', emulates: 'aws' });
    const once = alteredPlugin(backend, (own) => ({
      generateDataKey: (request, call) => {
        asked += 1;
        if (asked === 1) return Promise.reject(new KmsError('throttled', 'busy', { retryAfterMs: 20 }));
        return own.generateDataKey!(request, call);
      },
    }));
    const server = await startServer({ backends: [once] });
    expect((await post(server, '/envelope/encrypt', BODY)).status).toBe(200);
    expect(asked).toBe(2);
    expect((await get(server, '/metrics')).body).toContain(
      'kkp_kms_retries_total{backend="aws",outcome="made"} 1',
    );
    await server.close();
  });

  it('is an answer of 429 with its own Retry-After when that is beyond the deadline', async () => {
    const busy = () => Promise.reject(new KmsError('throttled', 'busy', { retryAfterMs: 90_000 }));
    const server = await startServer({ backends: [failing(busy)] });
    const answer = await post(server, '/envelope/encrypt', BODY);
    expectProblem(answer, 429, 'kms_error');
    expect(answer.headers.get('retry-after')).toBe('90');
    await server.close();
  });
});

describe('more calls than a backend may have', () => {
  it('are answered with 429 beyond the queue, while another backend answers', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const stuck = failing(() => released.then(() => Promise.reject(new KmsError('not-found', 'no'))));
    const settings = { kmsConcurrency: 1, kmsQueue: 1 };
    const server = await startServer({ settings, backends: [stuck, healthy()] });
    const waiting = [post(server, '/envelope/encrypt', BODY), post(server, '/envelope/encrypt', BODY)];
    const metric = 'kkp_kms_queued{backend="aws"} 1';
    while (!((await get(server, '/metrics')).body as string).includes(metric));
    expectProblem(await post(server, '/envelope/encrypt', BODY), 429, 'kms_error');
    expect((await post(server, '/envelope/encrypt', { ...BODY, backend: 'gcp' })).status).toBe(200);
    release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([400, 400]);
    await server.close();
  });
});

describe('the data-key cache of a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-cache-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (config: object) => {
    const file = join(folder, 'kkp.json');
    writeFileSync(file, JSON.stringify(config));
    return startServer({ env: { KKP_CONFIG: file } });
  };
  const calls = async (server: Awaited<ReturnType<typeof start>>, operation: string) => {
    const { body } = await get(server, '/metrics');
    const count = new RegExp(`calls_total\\{backend="aws",operation="${operation}",code="ok"\\} (\\d+)`);
    return Number(count.exec(body as string)?.[1] ?? 0);
  };
  const work = async (server: Awaited<ReturnType<typeof start>>) => {
    const envelopes: unknown[] = [];
    for (let count = 0; count < 4; count++) {
      envelopes.push((await post(server, '/envelope/encrypt', BODY)).body.envelope);
    }
    const grant = { ...GRANT, backend: 'aws', key_id: 'orders' };
    for (const subject of ['billing', 'reports']) {
      const token = await issueToken(server, { ...grant, subject });
      for (const envelope of envelopes) {
        expect((await post(server, '/envelope/decrypt', { token, envelope })).body.plaintext).toBe(
          BODY.plaintext,
        );
      }
    }
  };

  it('spares calls of the key service, per caller and token subject, when it is asked for', async () => {
    const server = await start({ data_key_cache: { max_age_seconds: 60 } });
    await work(server);
    expect([await calls(server, 'generateDataKey'), await calls(server, 'unwrapKey')]).toEqual([1, 2]);
    const { body } = await get(server, '/metrics');
    expect(body).toContain('kkp_data_key_cache_lookups_total{operation="encrypt",result="hit"} 3');
    expect(body).toContain('kkp_data_key_cache_lookups_total{operation="decrypt",result="miss"} 2');
    expect(body).toContain('kkp_data_key_cache_entries{operation="decrypt"} 2');
    await server.close();
    expect(await server.app.get(KkpMetrics).registry.metrics()).toContain(
      'kkp_data_key_cache_entries{operation="decrypt"} 0',
    );
  });

  it.each([[{}], [{ data_key_cache: { max_uses: 1_000, max_bytes: 1_000_000, max_entries: 10 } }]])(
    'is not there with %j',
    async (config) => {
      const server = await start(config);
      await work(server);
      expect([await calls(server, 'generateDataKey'), await calls(server, 'unwrapKey')]).toEqual([4, 8]);
      await server.close();
    },
  );

  it.each([
    ['max_uses', 1, [4, 8]],
    ['max_entries', 1, [1, 2]],
    ['max_bytes', 28, [2, 4]],
  ])('keeps to its %s of %i', async (name, value, expected) => {
    const server = await start({ data_key_cache: { max_age_seconds: 60, [name]: value } });
    await work(server);
    expect([await calls(server, 'generateDataKey'), await calls(server, 'unwrapKey')]).toEqual(expected);
    await server.close();
  });

  it.each([
    ['max_age_seconds', 0],
    ['max_age_seconds', 3_601],
    ['max_uses', 0],
    ['max_bytes', 'all'],
    ['max_entries', -1],
  ])('refuses a %s of %j', async (name, value) => {
    await expect(start({ data_key_cache: { max_age_seconds: 60, [name]: value } })).rejects.toThrow(
      `data_key_cache.${name}`,
    );
  });
});
