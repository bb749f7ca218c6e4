import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importPublicKeys } from '../../src/keys/public-keys.js';
import { RuleIndex } from '../../src/revocation/rule-index.js';
import type { TimedRule } from '../../src/revocation/rules.js';
import type { TokenClaims } from '../../src/tokens/index.js';
import { formatRevocationVectors, makeRevocationVectors } from './make-revocation-vectors.js';
import { readList } from './revocations/by-hand.js';

const path = fileURLToPath(new URL('revocations.json', import.meta.url));
const made = makeRevocationVectors();
const text = formatRevocationVectors(made);
const keys = importPublicKeys(made.keys);

if (process.env.UPDATE_VECTORS === '1') writeFileSync(path, text);

const accepts = made.cases.filter(({ verdict }) => verdict === 'accept');
const rejects = made.cases.filter(({ verdict }) => verdict === 'reject');

describe('revocations.json', () => {
  it('is what its generator makes', () => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('names each case once, and holds at least 15 accepts and 60 rejects', () => {
    expect(new Set(made.cases.map(({ name }) => name)).size).toBe(made.cases.length);
    expect(accepts.length).toBeGreaterThanOrEqual(15);
    expect(rejects.length).toBeGreaterThanOrEqual(60);
  });

  it.each(accepts)('has rules that can be relied on: $name', ({ list, options, rules }) => {
    expect(readList(list, keys, options)).toEqual(rules);
  });

  it.each(rejects)('refuses for the one reason: $name', ({ list, options, reason }) => {
    expect(readList(list, keys, options)).toBe(reason);
  });

  it.each(accepts)('takes back what KKP itself takes back: $name', ({ rules, checks }) => {
    const index = new RuleIndex();
    for (const rule of rules!) index.add(rule as unknown as TimedRule, 0);
    for (const { kid, claims, revoked } of checks!) {
      expect(index.coversKey(kid) || index.covers(claims as TokenClaims)).toBe(revoked);
    }
  });
});
