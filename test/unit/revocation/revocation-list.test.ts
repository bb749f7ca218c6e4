import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { RevocationList } from '../../../src/revocation/revocation-list.js';
import { TokenVerifier } from '../../../src/tokens/index.js';
import { startKeys } from '../keys/fixtures.js';
import { JTI, NOW, startRevocations } from './fixtures.js';

async function start(options: Partial<ConstructorParameters<typeof RevocationList>[0]> = {}) {
  const { keys, clock } = await startKeys();
  const { revocations, clock: other } = await startRevocations();
  const list = new RevocationList({ ttlSeconds: 60, ...options }, revocations, keys, clock);
  const advance = (seconds: number): void => [clock, other].forEach((each) => each.advance(seconds));
  const read = async (body: string) =>
    jwtVerify(body, createLocalJWKSet(JSON.parse(keys.jwks().body) as JSONWebKeySet), {
      typ: 'kkp-revocations+jwt',
      algorithms: ['EdDSA'],
      currentDate: new Date(clock.now()),
    });
  return { keys, clock, revocations, list, advance, read };
}

describe('the revocation list', () => {
  it('is signed, says when it ends, and has every rule', async () => {
    const { revocations, list, read } = await start();
    await revocations.revoke({ jti: JTI });
    await revocations.revoke({ subject: 'a', issued_until: NOW });
    const { body, maxAgeSeconds } = await list.current();
    const { payload, protectedHeader } = await read(body);
    expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'kid', 'typ']);
    expect(payload).toEqual({
      iat: NOW,
      exp: NOW + 60,
      rules: [
        { jti: JTI, expires_at: NOW + 960 },
        { subject: 'a', issued_until: NOW, expires_at: NOW + 960 },
      ],
    });
    expect(maxAgeSeconds).toBe(30);
  });

  it('has a rule that comes while a list without it is being made', async () => {
    const { revocations, list, read } = await start();
    const before = list.current();
    const revoking = revocations.revoke({ jti: JTI });
    const after = list.current();
    await revoking;
    expect((await read((await before).body)).payload.rules).toEqual([]);
    expect((await read((await after).body)).payload.rules).toHaveLength(1);
  });

  it('names its issuer where there is one', async () => {
    const { list, read } = await start({ issuer: 'https://kkp.example' });
    const { payload } = await read((await list.current()).body);
    expect(payload.iss).toBe('https://kkp.example');
  });

  it('is no token of KKP', async () => {
    const { keys, clock, list } = await start();
    const verifier = new TokenVerifier({ maxLifetimeSeconds: 900 }, keys, clock);
    const { body } = await list.current();
    expect(() => verifier.verify(body)).toThrow('the typ of our tokens');
  });

  it('stays the same, byte for byte, for half its life', async () => {
    const { list, advance } = await start();
    const first = await list.current();
    advance(29);
    expect(await list.current()).toEqual(first);
    advance(1);
    const second = await list.current();
    expect(second.body).not.toBe(first.body);
    expect(second.etag).not.toBe(first.etag);
  });

  it('ends later than any copy may be kept, at every moment', async () => {
    const { list, advance, read, clock } = await start();
    for (let second = 0; second < 130; second++) {
      const { body, maxAgeSeconds } = await list.current();
      const { payload } = await read(body);
      expect(payload.exp! - clock.seconds).toBeGreaterThanOrEqual(maxAgeSeconds);
      advance(1);
    }
  });

  it('has a rule from the moment that it holds', async () => {
    const { revocations, list, read } = await start();
    await list.current();
    await revocations.revoke({ jti: JTI });
    expect((await read((await list.current()).body)).payload.rules).toHaveLength(1);
  });

  it('is made anew when the clock has gone back', async () => {
    const { list, clock, read } = await start();
    await list.current();
    clock.seconds -= 100;
    expect((await read((await list.current()).body)).payload.iat).toBe(NOW - 100);
  });

  it('is made once for all who ask at the same time', async () => {
    const { list, keys } = await start();
    let signed = 0;
    const reserve = keys.reserve.bind(keys);
    keys.reserve = (exp) => {
      signed += 1;
      return reserve(exp);
    };
    await Promise.all(Array.from({ length: 20 }, () => list.current()));
    expect(signed).toBe(1);
  });

  it('keeps its signing key published until it ends', async () => {
    const { list, keys, advance, read } = await start();
    const { body } = await list.current();
    await keys.rotate('operator');
    advance(59);
    await keys.maintain();
    await expect(read(body)).resolves.toBeDefined();
  });

  it('ends with the key that signs it, at the latest', async () => {
    const { list, keys, read } = await start({ ttlSeconds: 5000 });
    const { body, maxAgeSeconds } = await list.current();
    const { payload } = await read(body);
    expect(payload.exp).toBe(keys.status().activeExpiresAt);
    expect(maxAgeSeconds).toBe(Math.floor((payload.exp! - payload.iat!) / 2));
  });
});
