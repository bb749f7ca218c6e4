import { Injectable, Module } from '@nestjs/common';
import memory from 'kkp-plugin-memory';
import {
  jwt,
  Kkp,
  KkpError,
  KkpModule,
  type AuthenticatedCaller,
  type Authenticator,
  type CallerRequest,
  type KkpModuleOptions,
} from '../../src/index.js';
import { makeKey, signJwt, TestIssuer } from '../support/issuer.js';
import { GRANT } from '../support/server.js';
import { PLATFORMS, schedule, startHost } from './host.js';

/** An authenticator of the host's own: one class with one method. */
@Injectable()
class Badges implements Authenticator {
  closed = 0;

  authenticate({ headers }: CallerRequest): Promise<AuthenticatedCaller | undefined> {
    const badge = headers['x-badge'];
    if (badge === undefined) return Promise.resolve(undefined);
    if (badge !== 'gold') throw new KkpError('unauthenticated', 'The badge is not known.');
    return Promise.resolve({ kind: 'badge', id: GRANT.subject, scopes: [], attributes: {} });
  }

  close(): void {
    this.closed++;
  }
}

@Module({ providers: [Badges], exports: [Badges] })
class BadgeModule {}

const options = (more: Partial<KkpModuleOptions> = {}): KkpModuleOptions => ({
  backends: [memory({ name: 'aws', emulates: 'aws' })],
  log: () => undefined,
  ...more,
});

const MALFORMED = '{"subject":';

describe.each(PLATFORMS)('callers on %s', (name, platform) => {
  const key = makeKey('ES256', 'k1');
  let issuer: TestIssuer;
  beforeAll(async () => (issuer = await TestIssuer.start(key)));
  afterAll(() => issuer.close());

  const good = () => signJwt(issuer.claims(Math.floor(Date.now() / 1000), { sub: GRANT.subject }), key);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const ask = async (url: string, headers: Record<string, string>, body: unknown = GRANT) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, challenge: response.headers.get('www-authenticate') };
  };

  it('are asked for on KKP’s routes, and the host’s are left alone', async () => {
    const callers = [jwt({ issuer: issuer.url, audience: 'kkp' })];
    const { app, url } = await startHost(platform, [
      schedule(),
      KkpModule.forRoot({ ...options({ callers }), path: 'kkp' }),
    ]);
    const refused = { status: 401, challenge: 'Bearer error="invalid_token"' };
    expect(await ask(`${url}/kkp/token`, {})).toEqual({ status: 401, challenge: 'Bearer' });
    expect(await ask(`${url}/kkp/token`, bearer('bad'))).toEqual(refused);
    expect(await ask(`${url}/kkp/keys/rotate`, bearer(`${good()}x`), {})).toEqual(refused);
    expect((await ask(`${url}/kkp/token`, bearer(good()))).status).toBe(200);
    expect((await fetch(`${url}/kkp/keys/jwks`)).status).toBe(200);
    for (const headers of [{}, bearer('bad')]) {
      expect((await ask(`${url}/host/echo`, headers, { a: 1 })).status).toBe(201);
      expect((await fetch(`${url}/host/open`, { headers })).status).toBe(200);
      expect((await fetch(`${url}/host/none`, { headers })).status).toBe(404);
    }
    await app.close();
  });

  it('are told before or after the body is read, as the platform can', async () => {
    const callers = [jwt({ issuer: issuer.url, audience: 'kkp' })];
    const { app, url } = await startHost(platform, [schedule(), KkpModule.forRoot(options({ callers }))]);
    for (const headers of [{}, bearer('bad')]) {
      const { status } = await ask(`${url}/token`, headers, MALFORMED);
      expect(status).toBe(name === 'Fastify' ? 401 : 400);
    }
    expect((await ask(`${url}/token`, bearer(good()), MALFORMED)).status).toBe(400);
    await app.close();
  });

  it('are each module’s own where there are several', async () => {
    const badges = new Badges();
    const { app, url } = await startHost(platform, [
      schedule(),
      KkpModule.forRoot({
        ...options({ callers: [jwt({ issuer: issuer.url, audience: 'kkp' })] }),
        path: 'one',
      }),
      KkpModule.forRoot({ ...options({ callers: [badges] }), path: 'two' }),
      KkpModule.forRoot({ ...options(), path: 'three' }),
    ]);
    const outcomes = async (headers: Record<string, string>) =>
      Promise.all(
        ['one', 'two', 'three'].map(async (path) => (await ask(`${url}/${path}/token`, headers)).status),
      );
    expect(await outcomes({})).toEqual([401, 401, 200]);
    expect(await outcomes(bearer(good()))).toEqual([200, 401, 200]);
    expect(await outcomes({ 'x-badge': 'gold' })).toEqual([401, 200, 200]);
    expect(await outcomes({ 'x-badge': 'tin' })).toEqual([401, 401, 200]);
    await app.close();
    expect(badges.closed).toBe(1);
  });

  it('are told by a class of the host’s that was injected', async () => {
    const { app, url } = await startHost(platform, [
      schedule(),
      KkpModule.forRootAsync({
        imports: [BadgeModule],
        inject: [Badges],
        useFactory: (badges: Badges) => options({ callers: [badges] }),
      }),
    ]);
    expect((await ask(`${url}/token`, { 'x-badge': 'gold' })).status).toBe(200);
    expect((await ask(`${url}/token`, { 'x-badge': 'tin' })).status).toBe(401);
    expect((await ask(`${url}/token`, {})).status).toBe(401);
    const badges = app.get(Badges);
    expect(badges.closed).toBe(0);
    await app.close();
    expect(badges.closed).toBe(1);
  });

  it('are said by code in the same process, which is nobody unless it says so', async () => {
    const { app, url } = await startHost(platform, [
      schedule(),
      KkpModule.forRoot({ ...options({ callers: [new Badges()] }), http: false }),
    ]);
    const kkp = app.get(Kkp);
    const caller = { kind: 'service', id: GRANT.subject, scopes: [], attributes: {} };
    expect(kkp.verifyToken((await kkp.issueToken(GRANT, { caller })).token)).toMatchObject({
      sub: GRANT.subject,
    });
    await expect(kkp.issueToken(GRANT)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(kkp.encryptEach({ items: [] })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await ask(`${url}/token`, { 'x-badge': 'gold' })).status).toBe(404);
    await app.close();
  });
});
