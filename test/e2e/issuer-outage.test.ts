import { apiKey, jwt, type Authenticator } from '../../src/index.js';
import { FAULTS, makeKey, signJwt, TestClock, TestIssuer } from '../support/issuer.js';
import { get, GRANT, startServer, type TestServer } from '../support/server.js';

const FAULT = FAULTS['answers with 500']!;
const key = makeKey('ES256', 'k1');

describe('an outage of an issuer of callers', () => {
  let clock: TestClock;
  let issuer: TestIssuer;
  let server: TestServer;
  beforeEach(async () => {
    clock = new TestClock();
    issuer = await TestIssuer.start(key);
  });
  afterEach(async () => {
    await server.close();
    await issuer.close();
  });

  const start = async (...more: Authenticator[]) => {
    const callers = [jwt({ issuer: issuer.url, audience: 'kkp', jwksUrl: issuer.jwksUrl }, clock), ...more];
    server = await startServer({ overrides: { clock, callers } });
  };
  const ready = async () => {
    const { status, body } = await get(server, '/readyz');
    return [status, body.status, body.caller_keys] as [number, string, object];
  };
  const line = (keys: object) => ({ [issuer.url]: keys });
  const mint = async () => {
    const token = signJwt(issuer.claims(clock.seconds, { sub: GRANT.subject }), key);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await fetch(`${server.url}/token`, { method: 'POST', headers, body: JSON.stringify(GRANT) }))
      .status;
  };
  const metric = async (name: string) => {
    const { body } = await get(server, '/metrics');
    return (body as string).split('\n').filter((text) => text.startsWith(name));
  };

  it('that lasts since the start leaves a server not ready, which asks again by itself', async () => {
    issuer.fault = FAULT;
    await start();
    for (let at = 0; at < 3; at++) {
      expect(await ready()).toEqual([503, 'unavailable', line({ status: 'missing', failures: 1 })]);
    }
    expect(await metric('kkp_caller_keys_')).toEqual([
      `kkp_caller_keys_failures_total{issuer="${issuer.url}"} 1`,
    ]);
    issuer.fault = undefined;
    clock.advance(5);
    await ready();
    while (issuer.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    while ((await ready())[0] !== 200) await new Promise((resolve) => setImmediate(resolve));
    expect(await ready()).toEqual([200, 'ready', line({ status: 'held', age_seconds: 0, failures: 1 })]);
  });

  it('is shown while the held keys serve, and leaves the server ready', async () => {
    await start();
    expect(await ready()).toEqual([200, 'ready', line({ status: 'held', age_seconds: 0, failures: 0 })]);
    issuer.fault = FAULT;
    clock.advance(700);
    expect(await mint()).toBe(200);
    expect(await ready()).toEqual([200, 'ready', line({ status: 'held', age_seconds: 700, failures: 1 })]);
    expect(await metric('kkp_caller_keys_')).toEqual([
      `kkp_caller_keys_age_seconds{issuer="${issuer.url}"} 700`,
      `kkp_caller_keys_failures_total{issuer="${issuer.url}"} 1`,
    ]);
  });

  it('that outlasts the held keys degrades the server, and does not take it away', async () => {
    await start();
    await ready();
    issuer.fault = FAULT;
    clock.advance(3600);
    expect(await mint()).toBe(503);
    expect(await ready()).toEqual([
      200,
      'degraded',
      line({ status: 'missing', age_seconds: 3600, failures: 1 }),
    ]);
  });

  it('that lasts since the start degrades a server that can let others in', async () => {
    issuer.fault = FAULT;
    await start(apiKey({ keys: [] }));
    expect(await ready()).toEqual([200, 'degraded', line({ status: 'missing', failures: 1 })]);
  });

  it('is told by the configured name alone, whatever credentials say', async () => {
    await start();
    const headers = { authorization: `Bearer ${signJwt({ iss: 'https://evil.example' }, key)}` };
    await fetch(`${server.url}/token`, { method: 'POST', headers });
    await ready();
    expect((await metric('kkp_caller_keys_')).join()).not.toContain('evil');
    expect(await metric('kkp_caller_keys_age')).toHaveLength(1);
  });

  it('is nobody’s where callers are of no issuer', async () => {
    server = await startServer();
    expect(await ready()).toEqual([200, 'ready', {}]);
    expect(await metric('kkp_caller_keys_')).toEqual([]);
  });
});
