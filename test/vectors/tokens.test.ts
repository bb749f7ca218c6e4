import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verifyAsync } from '@noble/ed25519';
import {
  formatTokenVectors,
  makeLowOrderVectors,
  makeOptionalClaimVectors,
  makeTokenVectors,
} from './make-token-vectors.js';

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

describe('low-order.json', () => {
  const file = fileURLToPath(new URL('low-order.json', import.meta.url));
  const vectors = makeLowOrderVectors();
  const lowOrder = formatTokenVectors(vectors);
  if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, lowOrder);

  it('is what its generator makes, each case named once', () => {
    expect(readFileSync(file, 'utf8')).toBe(lowOrder);
    expect(new Set(vectors.cases.map(({ name }) => name)).size).toBe(vectors.cases.length);
  });

  it('holds the 526 combinations of CCTV, under all of the 14 encodings', () => {
    expect(vectors.cases).toHaveLength(526);
    expect(new Set(vectors.cases.map(({ keys }) => keys?.keys[0]?.x)).size).toBe(14);
  });

  it('holds signatures that every verifier by the rules of ZIP 215 accepts', async () => {
    const refused = [];
    for (const { token, keys } of vectors.cases) {
      const [header, payload, signature] = token.split('.') as [string, string, string];
      const [key, bytes] = [String(keys?.keys[0]?.x), signature].map((text) =>
        Buffer.from(text, 'base64url'),
      );
      const message = Buffer.from(`${header}.${payload}`);
      if (!(await verifyAsync(bytes!, message, key!, { zip215: true }))) refused.push(token);
    }
    expect(refused).toEqual([]);
  });
});
