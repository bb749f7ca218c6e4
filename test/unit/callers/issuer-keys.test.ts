import { jwt, type Authenticator } from '../../../src/callers/index.js';
import {
  FAULTS,
  makeKey,
  requestWith,
  signJwt,
  TestClock,
  TestIssuer,
  type TestKey,
} from '../../support/issuer.js';

const REFUSED = { code: 'unauthenticated' };
const UNAVAILABLE = { code: 'unavailable' };

describe('the keys of an issuer', () => {
  const [first, second] = [makeKey('ES256', 'first'), makeKey('ES256', 'second')];
  let clock: TestClock;
  let issuer: TestIssuer;
  let authenticator: Authenticator;
  let warnings: string[];
  beforeEach(async () => {
    clock = new TestClock();
    const written: string[] = [];
    warnings = written;
    issuer = await TestIssuer.start(first);
    authenticator = jwt({ issuer: issuer.url, audience: 'kkp', jwksUrl: issuer.jwksUrl }, clock);
    authenticator.useLog?.((level, message, fields) =>
      written.push(`${level} ${message} ${JSON.stringify(fields)}`),
    );
  });
  afterEach(async () => {
    await authenticator.close?.();
    await issuer.close();
  });

  const ask = (signer: TestKey, header: object = {}) =>
    authenticator.authenticate(requestWith(signJwt(issuer.claims(clock.seconds), signer, header)));
  const asked = () => issuer.asked.length;

  it('are asked for by the first credential, and not before', async () => {
    expect(asked()).toBe(0);
    await ask(first);
    expect(asked()).toBe(1);
  });

  it('are asked for once by many at the same time, and then for ten minutes not again', async () => {
    await Promise.all(Array.from({ length: 50 }, () => ask(first)));
    clock.advance(599);
    await ask(first);
    expect(asked()).toBe(1);
    clock.advance(1);
    await Promise.all(Array.from({ length: 50 }, () => ask(first)));
    expect(asked()).toBe(2);
  });

  it('are found when they are new, after the cool-down', async () => {
    await ask(first);
    issuer.keys = [first, second];
    clock.advance(29);
    await expect(ask(second)).rejects.toMatchObject(REFUSED);
    expect(asked()).toBe(1);
    clock.advance(1);
    const found = await Promise.all(Array.from({ length: 20 }, () => ask(second)));
    expect(found.every((caller) => caller?.id === 'alice')).toBe(true);
    expect(asked()).toBe(2);
  });

  it('are worth nothing once they are withdrawn and the held ones are old', async () => {
    await ask(first);
    issuer.keys = [second];
    clock.advance(600);
    await expect(ask(first)).rejects.toMatchObject(REFUSED);
    expect(await ask(second)).toBeDefined();
  });

  it('are withdrawn all together by an empty set', async () => {
    await ask(first);
    issuer.keys = [];
    clock.advance(600);
    await expect(ask(first)).rejects.toMatchObject(REFUSED);
  });

  it('hold through twenty rotations that are announced, without one good credential refused', async () => {
    let current = first;
    for (let turn = 0; turn < 20; turn++) {
      const next = makeKey('ES256', `turn-${turn}`);
      issuer.keys = [current, next];
      clock.advance(600);
      expect(await ask(current)).toBeDefined();
      current = next;
      expect(await ask(current)).toBeDefined();
    }
    expect(asked()).toBe(20);
  });

  it('cost one request for ten thousand names that somebody made up, and stay good for others', async () => {
    await ask(first);
    clock.advance(30);
    for (let batch = 0; batch < 100; batch++) {
      await Promise.all(
        Array.from({ length: 100 }, (_none, index) => {
          const token = signJwt(issuer.claims(clock.seconds), { ...second, kid: `x${batch}-${index}` });
          return expect(authenticator.authenticate(requestWith(token))).rejects.toMatchObject(REFUSED);
        }),
      );
    }
    expect(await ask(first)).toBeDefined();
    expect(asked()).toBe(2);
  });

  describe.each(Object.entries(FAULTS))('of a server that %s', (name, fault) => {
    it('are not there, which is no fault of the credential', async () => {
      issuer.fault = fault;
      const refusal = ask(first);
      await expect(refusal).rejects.toMatchObject({ ...UNAVAILABLE, retryAfterSeconds: 5 });
      expect(asked()).toBe(1);
      await expect(ask(first)).rejects.toMatchObject(UNAVAILABLE);
      expect(asked()).toBe(1);
      issuer.fault = undefined;
      clock.advance(5);
      expect(await ask(first)).toBeDefined();
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^warn keys of an issuer of callers not renewed/);
      expect(warnings[0]).not.toContain('hunter2');
      expect(issuer.asked).not.toContain('/elsewhere');
      expect(name).not.toBe('');
    });

    it('stay in force for an hour when they were held, and then no more', async () => {
      await ask(first);
      issuer.fault = fault;
      clock.advance(600);
      expect(await ask(first)).toBeDefined();
      clock.advance(2_999);
      expect(await ask(first)).toBeDefined();
      clock.advance(1);
      await expect(ask(first)).rejects.toMatchObject(UNAVAILABLE);
      issuer.fault = undefined;
      clock.advance(5);
      expect(await ask(first)).toBeDefined();
    });
  });

  it('make nobody wait in an outage that is known', async () => {
    await ask(first);
    issuer.fault = FAULTS['answers with 500']!;
    clock.advance(600);
    await ask(first);
    // Never answers: whoever waited for it would never be told.
    issuer.fault = () => undefined;
    clock.advance(5);
    expect(await ask(first)).toBeDefined();
    expect(warnings).toHaveLength(1);
    await new Promise<void>((resolve) => {
      const look = () => (asked() === 3 ? resolve() : setImmediate(look));
      look();
    });
  });

  it('have their whole cool-down again after an outage', async () => {
    issuer.fault = FAULTS['answers with 500']!;
    await expect(ask(first)).rejects.toMatchObject(UNAVAILABLE);
    issuer.fault = undefined;
    clock.advance(5);
    await ask(first);
    clock.advance(29);
    await expect(ask(second)).rejects.toMatchObject(REFUSED);
    expect(asked()).toBe(2);
    clock.advance(1);
    await expect(ask(second)).rejects.toMatchObject(REFUSED);
    expect(asked()).toBe(3);
  });

  it('are not waited for any longer once the authenticator is closed', async () => {
    const arrived = new Promise<void>((resolve) => (issuer.fault = () => resolve()));
    const asking = ask(first);
    await arrived;
    await authenticator.close?.();
    await expect(asking).rejects.toMatchObject(UNAVAILABLE);
    expect(warnings).toEqual([]);
  });

  it('are old, not young, when the clock was set back', async () => {
    await ask(first);
    clock.advance(-3_600);
    await ask(first);
    expect(asked()).toBe(2);
  });

  it('need not say what they are for', async () => {
    const plain = makeKey('ES256', 'plain', {});
    issuer.keys = [plain];
    expect(await ask(plain)).toBeDefined();
  });

  it('are refused when two have the same name', async () => {
    issuer.keys = [first, { ...second, jwk: { ...second.jwk, kid: 'first' } }];
    await expect(ask(first)).rejects.toMatchObject(REFUSED);
  });

  it.each<[string, (key: TestKey) => object]>([
    ['for encryption', ({ jwk }) => ({ ...jwk, use: 'enc' })],
    ['for another algorithm', ({ jwk }) => ({ ...jwk, alg: 'ES384' })],
    ['for other operations', ({ jwk }) => ({ ...jwk, key_ops: ['sign'] })],
    ['without a name', ({ jwk }) => ({ ...jwk, kid: undefined })],
    ['of a SPIFFE bundle', ({ jwk }) => ({ ...jwk, use: 'jwt-svid' })],
    [
      'with its private part',
      ({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid: 'first' }),
    ],
    ['off its curve', ({ jwk }) => ({ ...jwk, y: jwk.x })],
    ['of another curve', ({ jwk }) => ({ ...jwk, crv: 'P-384' })],
    ['of an unknown type', ({ jwk }) => ({ ...jwk, kty: 'AKP' })],
    ['that is a secret', () => ({ kty: 'oct', k: 'c2VjcmV0', kid: 'first' })],
  ])('verify nothing by a key %s, and everything by the one beside it', async (_what, change) => {
    issuer.keys = [{ ...first, jwk: change(first) as Record<string, unknown> }, second];
    await expect(ask(first)).rejects.toMatchObject(REFUSED);
    expect(await ask(second)).toBeDefined();
  });

  it('verify nothing by an RSA key of 1,024 bits', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = {
      kid: 'weak',
      alg: 'RS256',
      privateKey,
      jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'weak' },
    };
    issuer.keys = [weak];
    await expect(ask(weak)).rejects.toMatchObject(REFUSED);
  });
});
