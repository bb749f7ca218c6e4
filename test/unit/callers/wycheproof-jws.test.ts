import { jwksOf } from '../../../src/callers/jwt/usable-keys.js';
import { readCompactJws, readCompactJwt } from '../../../src/callers/jwt/compact.js';
import { KeySet } from '../../../src/callers/jwt/key-set.js';
import { goodHeader } from '../../../src/callers/jwt/rules.js';
import { isSigned } from '../../../src/callers/jwt/signature.js';
import { ALGORITHMS } from '../../../src/callers/jwt/algorithms.js';
import { TestClock } from '../../support/issuer.js';
import vectors from '../../vectors/wycheproof-jws.json' with { type: 'json' };

const RULES = {
  algorithms: ALGORITHMS,
  types: ['JWT'],
  audience: 'kkp',
  mayNameOthers: true,
  needsIssuedAt: true,
  clockSkewSeconds: 0,
  maxLifetimeSeconds: 60,
};
const LIMITS = { maxAgeMs: 1_000, maxStaleMs: 1_000, coolDownMs: 1_000, retryMs: 1_000 };

type Case = (typeof vectors.cases)[number];

async function verifies({ jws: text, key }: Case): Promise<boolean> {
  const jws = readCompactJws(text);
  const header = jws && goodHeader(jws, RULES);
  if (!header) return false;
  const keys = new KeySet(
    () => Promise.resolve({ jwks: jwksOf({ keys: [key] }, 'sig') }),
    LIMITS,
    new TestClock(),
    () => undefined,
  );
  return isSigned(jws, header, keys);
}

describe('Wycheproof’s JWS cases', () => {
  it('are 401, and none is a credential', () => {
    expect(vectors.cases).toHaveLength(401);
    expect(vectors.cases.filter(({ jws }) => readCompactJwt(jws) !== undefined)).toEqual([]);
  });

  it('find every bad signature refused', async () => {
    const bad = vectors.cases.filter(({ result }) => result !== 'valid');
    const accepted = [];
    for (const one of bad) if (await verifies(one)) accepted.push(one.tcId);
    expect(accepted).toEqual([]);
    expect(bad).toHaveLength(355);
  });

  it('find good signatures accepted', async () => {
    const good = vectors.cases.filter(({ result, key }) => result === 'valid' && key.kty !== 'oct');
    const refused = [];
    for (const one of good) if (!(await verifies(one))) refused.push(one.comment);
    // No credential is empty; RFC 7520's PS384 is by a key for PS256, and its ES512 by one for "ES521".
    expect([...new Set(refused)]).toEqual(['emptyPayload', 'Figure20', 'Figure27']);
    expect(good.length - refused.length).toBe(26);
  });

  it('find good ones by secrets refused', async () => {
    const secret = vectors.cases.filter(({ result, key }) => result === 'valid' && key.kty === 'oct');
    for (const one of secret) expect(await verifies(one)).toBe(false);
    expect(secret).toHaveLength(10);
  });
});
