import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import memory from 'kkp-plugin-memory';
import {
  getKmsBackendToken,
  InjectKmsBackend,
  Kkp,
  KkpModule,
  type KkpModuleOptions,
  type PortableBackend,
} from '../../src/index.js';
import { alteredPlugin } from '../support/altered-plugin.js';
import { GRANT, send } from '../support/server.js';
import { HostJob, PLATFORMS, schedule, startHost } from './host.js';

const options = (more: Partial<KkpModuleOptions> = {}): KkpModuleOptions => ({
  backends: [memory({ name: 'aws', emulates: 'aws' })],
  log: () => undefined,
  ...more,
});

describe.each(PLATFORMS)('KkpModule in a foreign application on %s', (_name, platform) => {
  it('does the whole main job under its own path', async () => {
    const { app, url } = await startHost(platform, [
      schedule(),
      KkpModule.forRoot({ ...options(), path: 'security/kkp' }),
    ]);
    const post = (path: string, body: object) => send(url, 'POST', `/security/kkp${path}`, body);
    const { token } = (await post('/token', GRANT)).body;
    const sealed = await post('/envelope/encrypt', {
      backend: 'aws',
      key_id: 'alias/orders',
      plaintext: 'hello',
    });
    const opened = await post('/envelope/decrypt', { token, envelope: sealed.body.envelope });
    expect(opened).toMatchObject({
      status: 200,
      body: { plaintext: 'hello', claims: { sub: 'svc-billing' } },
    });
    const moved = await post('/envelope/rewrap', {
      token,
      envelope: sealed.body.envelope,
      key_id: 'alias/next',
    });
    expect(moved).toMatchObject({ status: 200, body: { envelope: { key_id: 'alias/next' } } });
    expect(await post('/envelope/rewrap', { envelope: sealed.body.envelope })).toMatchObject({ status: 403 });
    const key = { backend: 'aws', key_id: 'alias/orders' };
    expect(await post('/datakey', key)).toMatchObject({ status: 200, body: { envelope: key } });
    for (const [route, item] of [
      ['/envelope/encrypt/batch', { ...key, plaintext: 'x' }],
      ['/envelope/decrypt/batch', { token, envelope: sealed.body.envelope }],
      ['/envelope/rewrap/batch', { token, envelope: sealed.body.envelope }],
      ['/datakey/batch', key],
    ] as const) {
      const answer = await post(route, { items: [item, { ...item, other: 1 }] });
      expect(answer).toMatchObject({ status: 200, body: { results: [{ status: 200 }, { status: 400 }] } });
      expect((await post(route, { items: [] })).status).toBe(400);
      expect((await send(url, 'POST', route, { items: [item] })).status).toBe(404);
    }
    expect((await post('/keys/rotate', {})).status).toBe(201);
    const jwks = await send(url, 'GET', '/security/kkp/keys/jwks');
    expect(jwks.headers.get('content-type')).toMatch(/^application\/jwk-set\+json/);
    expect(jwks.headers.get('etag')).toBeTruthy();
    const again = await fetch(`${url}/security/kkp/keys/jwks`, {
      headers: { 'if-none-match': jwks.headers.get('etag')! },
    });
    expect(again.status).toBe(304);
    expect((await send(url, 'POST', '/token', GRANT)).status).toBe(404);
    await app.close();
  });

  it('answers problems on its own routes, and leaves the host its errors, routes and pipes', async () => {
    const { app, url } = await startHost(platform, [
      schedule(),
      KkpModule.forRoot({ ...options(), path: 'kkp' }),
    ]);
    const denied = await send(url, 'POST', '/kkp/token', { ...GRANT, subject: '' });
    expect(denied.status).toBe(403);
    expect(denied.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect((await send(url, 'POST', '/kkp/token', { ...GRANT, extra: 1 })).status).toBe(400);
    expect(
      (await send(url, 'POST', '/kkp/token', { ...GRANT, policy_claims: { constructor: 'x' } })).status,
    ).toBe(200);

    expect(await send(url, 'GET', '/host/open')).toMatchObject({ status: 200, body: 'open' });
    expect((await send(url, 'GET', '/host/broken')).body).toEqual({
      statusCode: 500,
      message: 'Internal server error',
    });
    expect(await send(url, 'POST', '/host/echo', { any: { thing: 1 } })).toMatchObject({
      body: { any: { thing: 1 } },
    });
    expect((await send(url, 'GET', '/host/none')).body).toMatchObject({ statusCode: 404 });
    await app.close();
  });

  it('has no routes with http: false, and does the same job by injection', async () => {
    const { app, url } = await startHost(platform, [
      schedule(),
      KkpModule.forRoot({ ...options(), http: false }),
    ]);
    expect((await send(url, 'POST', '/token', GRANT)).status).toBe(404);
    const kkp = app.get(Kkp);
    const { token } = await kkp.issueToken(GRANT);
    expect(kkp.verifyToken(token)).toMatchObject({ sub: 'svc-billing' });
    const { envelope } = await kkp.encrypt({ backend: 'aws', key_id: 'alias/orders', plaintext: 'hello' });
    expect(await kkp.decrypt({ token, envelope })).toMatchObject({ plaintext: 'hello' });
    await expect(kkp.issueToken({ ...GRANT, audience: '' })).rejects.toMatchObject({ code: 'policy_denied' });
    await expect(kkp.issueToken({ ...GRANT, more: 1 } as typeof GRANT)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    const { envelope: moved } = await kkp.rewrap({ token, envelope, key_id: 'alias/next' });
    expect(moved.key_id).toBe('alias/next');
    await expect(kkp.rewrap({ envelope })).rejects.toMatchObject({ code: 'policy_denied' });
    const key = { backend: 'aws', key_id: 'alias/orders' };
    expect((await kkp.generateDataKey(key)).plaintext_base64).toHaveLength(43);
    await expect(kkp.generateDataKey({ ...key, bytes: 8 as 16 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(await kkp.encryptEach({ items: [{ ...key, plaintext: 'a' }, key] })).toMatchObject({
      results: [
        { status: 200, body: { envelope: key } },
        { status: 400, body: { error: 'invalid_request' } },
      ],
    });
    expect(
      await kkp.decryptEach({
        items: [
          { token, envelope: moved },
          { token, envelope },
        ],
      }),
    ).toMatchObject({
      results: [{ status: 403 }, { status: 200, body: { plaintext: 'hello' } }],
    });
    expect(await kkp.rewrapEach({ items: [{ envelope }, { token, envelope }] })).toMatchObject({
      results: [{ status: 403 }, { status: 200, body: { envelope: key } }],
    });
    expect(await kkp.generateDataKeys({ items: [key, { ...key, key_id: '' }] })).toMatchObject({
      results: [{ status: 200, body: { envelope: key } }, { status: 403 }],
    });
    await expect(kkp.encryptEach({ items: [] })).rejects.toMatchObject({ code: 'invalid_request' });
    const before = kkp.jwks().etag;
    await kkp.rotateKeys();
    expect(kkp.jwks().etag).not.toBe(before);
    await app.close();
  });

  it('keeps two modules with different options apart, in one application', async () => {
    const one = KkpModule.forRoot({
      ...options(),
      path: 'one',
      tokens: { maxTtlSeconds: 60, ttlSeconds: 30 },
    });
    const two = KkpModule.forRoot({
      ...options({ backends: [memory({ name: 'gcp', emulates: 'gcp' })] }),
      path: 'two',
    });
    const { app, url } = await startHost(platform, [schedule(), one, two]);
    const issue = (path: string, more: object = {}) =>
      send(url, 'POST', `/${path}/token`, { ...GRANT, ...more });
    expect((await issue('one', { ttl_seconds: 61 })).status).toBe(400);
    expect((await issue('two', { ttl_seconds: 61, backend: 'gcp' })).status).toBe(200);
    const encrypt = (path: string, backend: string) =>
      send(url, 'POST', `/${path}/envelope/encrypt`, { backend, key_id: 'k', plaintext: 'x' });
    expect((await encrypt('one', 'aws')).status).toBe(200);
    expect((await encrypt('one', 'gcp')).status).toBe(400);
    expect((await encrypt('two', 'gcp')).status).toBe(200);

    const sealed = (await encrypt('one', 'aws')).body.envelope as object;
    const { token } = (await issue('two', { key_id: 'k', backend: 'gcp' })).body;
    const crossed = await send(url, 'POST', '/one/envelope/decrypt', { token, envelope: sealed });
    expect(crossed.status).toBe(401);
    await app.close();
  });
});

describe('KkpModule', () => {
  const fastify = PLATFORMS[0][1];

  it('leaves the host’s jobs running once, beside its own', async () => {
    const { app } = await startHost(fastify, [schedule(), KkpModule.forRoot(options())]);
    const alone = await startHost(fastify, [schedule()]);
    const names = app.get(SchedulerRegistry, { strict: false }).getIntervals();
    expect(names.filter((name) => name.startsWith('kkp-'))).toHaveLength(1);
    expect(names).toHaveLength(alone.app.get(SchedulerRegistry, { strict: false }).getIntervals().length + 1);
    expect(app.get(HostJob)).toBeDefined();
    await app.close();
    await alone.app.close();
  });

  it('says what is missing when it is to rotate on a schedule and the host has none', async () => {
    await expect(startHost(fastify, [KkpModule.forRoot(options())])).rejects.toThrow(
      /ScheduleModule\.forRoot\(\)/,
    );
  });

  it('needs no schedule when told not to rotate on one', async () => {
    const { app } = await startHost(fastify, [KkpModule.forRoot(options({ keys: { scheduled: false } }))]);
    expect(app.get(Kkp)).toBeDefined();
    await app.close();
  });

  it('takes its options from a factory, and gives out the backends that are exposed', async () => {
    @Injectable()
    class Uses {
      constructor(@InjectKmsBackend('aws') readonly backend: PortableBackend) {}
    }
    const module = KkpModule.forRootAsync({
      useFactory: () => Promise.resolve(options()),
      expose: ['aws'],
      path: 'kkp',
    });
    const { app, url } = await startHost(fastify, [schedule(), module], [Uses]);
    expect(app.get(Uses).backend.name).toBe('aws');
    expect((await send(url, 'POST', '/kkp/token', GRANT)).status).toBe(200);
    await app.close();
  });

  it('gives out every backend by name when the options are at hand', async () => {
    @Injectable()
    class Uses {
      constructor(@Inject(getKmsBackendToken('aws')) readonly backend: PortableBackend) {}
    }
    const { app } = await startHost(fastify, [schedule(), KkpModule.forRoot(options())], [Uses]);
    expect(app.get(Uses).backend.name).toBe('aws');
    await app.close();
  });

  it('is not global unless asked', async () => {
    @Injectable()
    class Uses {
      constructor(@Inject(Kkp) readonly kkp: Kkp) {}
    }
    const { Module } = await import('@nestjs/common');
    @Module({ providers: [Uses] })
    class Elsewhere {}
    await expect(startHost(fastify, [schedule(), KkpModule.forRoot(options()), Elsewhere])).rejects.toThrow(
      /Kkp/,
    );
    const { app } = await startHost(fastify, [
      schedule(),
      KkpModule.forRoot({ ...options(), isGlobal: true }),
      Elsewhere,
    ]);
    expect(app.get(Uses, { strict: false }).kkp).toBeInstanceOf(Kkp);
    await app.close();
  });

  it('closes what it had opened when another backend does not open', async () => {
    const events: string[] = [];
    const probe = (name: string, fails: boolean) =>
      alteredPlugin(memory({ name, emulates: 'aws' }), (backend) => ({
        open: async (call) => {
          if (fails) throw new Error('no way in');
          await backend.open(call);
          events.push(`open ${name}`);
        },
        close: async () => {
          events.push(`close ${name}`);
          await backend.close();
        },
      }));
    const module = KkpModule.forRoot(options({ backends: [probe('good', false), probe('bad', true)] }));
    await expect(startHost(fastify, [schedule(), module])).rejects.toThrow(/Backend "bad" did not open/);
    expect(events).toContain('open good');
    expect(events).toContain('close good');
  });

  it('closes its backends after the last request, not when modules are destroyed', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let entered: () => void = () => undefined;
    const inside = new Promise<void>((resolve) => (entered = resolve));
    let closedWhileRunning = false;
    let running = false;
    const slow = alteredPlugin(memory({ name: 'aws', emulates: 'aws' }), (backend) => ({
      unwrapKey: async (request, call) => {
        running = true;
        entered();
        await held;
        running = false;
        return backend.unwrapKey(request, call);
      },
      close: () => {
        closedWhileRunning ||= running;
        return backend.close();
      },
    }));
    const { app, url } = await startHost(fastify, [
      schedule(),
      KkpModule.forRoot(options({ backends: [slow] })),
    ]);
    const { token } = (await send(url, 'POST', '/token', GRANT)).body;
    const sealed = await send(url, 'POST', '/envelope/encrypt', {
      backend: 'aws',
      key_id: 'alias/orders',
      plaintext: 'x',
    });
    const decrypting = send(url, 'POST', '/envelope/decrypt', { token, envelope: sealed.body.envelope });
    await inside;
    const closing = app.close();
    release();
    expect((await decrypting).status).toBe(200);
    await closing;
    expect(closedWhileRunning).toBe(false);
  });

  it('refuses a default lifetime that no token may have, and lets its own default give way', async () => {
    const tooLong = KkpModule.forRoot(options({ tokens: { ttlSeconds: 901 } }));
    await expect(startHost(fastify, [schedule(), tooLong])).rejects.toThrow(/tokens\.ttlSeconds.*900/);
    const short = KkpModule.forRoot(options({ keys: { ttlSeconds: 4, rotationSeconds: 2 } }));
    const { app } = await startHost(fastify, [schedule(), short]);
    const kkp = app.get(Kkp);
    const { exp, iat } = kkp.verifyToken((await kkp.issueToken(GRANT)).token);
    expect(exp - iat).toBe(2);
    await app.close();
  });

  it('refuses times that cannot keep the promise to live tokens', () => {
    const module = KkpModule.forRoot(options({ keys: { ttlSeconds: 10, rotationSeconds: 20 } }));
    return expect(startHost(fastify, [schedule(), module])).rejects.toThrow(
      /keys\.rotationSeconds: .* keys\.ttlSeconds 10/,
    );
  });
});
