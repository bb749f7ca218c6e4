import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatTokenVectors, makeOptionalClaimVectors, makeTokenVectors } from './make-token-vectors.js';

const path = fileURLToPath(new URL('tokens.json', import.meta.url));
const made = makeTokenVectors();
const text = formatTokenVectors(made);

if (process.env.UPDATE_VECTORS === '1') writeFileSync(path, text);

describe('tokens.json', () => {
  it('is what its generator makes', () => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('is JSON that reads back as the generated cases', () => {
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(made)));
  });

  it('names each case once', () => {
    const names = made.cases.map((vector) => vector.name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('holds at least 25 accepts and 175 rejects, each with what its verdict calls for', () => {
    const accepts = made.cases.filter((vector) => vector.verdict === 'accept');
    const rejects = made.cases.filter((vector) => vector.verdict === 'reject');
    expect(accepts.length).toBeGreaterThanOrEqual(25);
    expect(rejects.length).toBeGreaterThanOrEqual(175);
    expect(accepts.filter((vector) => vector.reason !== undefined || !vector.claims)).toEqual([]);
    expect(rejects.filter((vector) => vector.claims !== undefined || !vector.reason)).toEqual([]);
  });
});

describe('optional-claims.json', () => {
  const file = fileURLToPath(new URL('optional-claims.json', import.meta.url));
  const vectors = makeOptionalClaimVectors();
  const optional = formatTokenVectors(vectors);
  if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, optional);

  it('is what its generator makes, each case named once', () => {
    expect(readFileSync(file, 'utf8')).toBe(optional);
    expect(new Set(vectors.cases.map(({ name }) => name)).size).toBe(vectors.cases.length);
  });
});
