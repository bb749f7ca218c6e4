import { readFileSync } from 'node:fs';
import { createPublicKey, verify } from 'node:crypto';
import type { Ed25519 } from '../../src/crypto/ed25519.js';
import { nobleEd25519 } from '../../src/crypto/noble.js';
import { webCryptoEd25519 } from '../../src/crypto/webcrypto.js';
import { isSafePoint } from '../../src/crypto/safe-point.js';

interface WycheproofCase {
  tcId: number;
  key: string;
  msg: string;
  sig: string;
  result: string;
}

interface CctvCase {
  number: number;
  key: string;
  msg: string;
  sig: string;
  flags: string[] | null;
}

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

function read<Case>(name: string): Case[] {
  const path = new URL(`../../../../../test/vectors/${name}`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }).cases;
}

const wycheproof = read<WycheproofCase>('wycheproof-ed25519.json');
const cctv = read<CctvCase>('cctv-ed25519.json');
const safe = cctv.filter(({ key, sig }) => [key, sig.slice(0, 64)].every((hex) => isSafePoint(bytes(hex))));

const hasFlag = ({ flags }: CctvCase, flag: string) => flags?.includes(flag) ?? false;

describe('isSafePoint', () => {
  it('refuses exactly the 526 CCTV cases with a key of small order', () => {
    const refused = cctv.filter(({ key }) => !isSafePoint(bytes(key)));
    expect(refused).toEqual(cctv.filter((vector) => hasFlag(vector, 'low_order_A')));
    expect(refused).toHaveLength(526);
  });

  it('refuses exactly the R that CCTV names of small order', () => {
    const refused = cctv.filter(({ sig }) => !isSafePoint(bytes(sig).subarray(0, 32)));
    expect(refused).toEqual(cctv.filter((vector) => hasFlag(vector, 'low_order_R')));
  });

  it('takes every Wycheproof key', () => {
    expect(wycheproof.every(({ key }) => isSafePoint(bytes(key)))).toBe(true);
  });
});

describe.each<[string, Ed25519]>([
  ['WebCrypto', webCryptoEd25519],
  ['@noble/ed25519', nobleEd25519],
])('%s', (_, ed25519) => {
  it('gives the verdicts of the 151 Wycheproof cases', async () => {
    const wrong = [];
    for (const { tcId, key, msg, sig, result } of wycheproof) {
      const check = await ed25519.importKey(bytes(key));
      if ((await check(bytes(sig), bytes(msg))) !== (result === 'valid')) wrong.push(tcId);
    }
    expect(wrong).toEqual([]);
  });

  it('verifies without the cofactor, as node:crypto does, on the CCTV cases whose points are safe', async () => {
    const wrong = [];
    for (const vector of safe) {
      const { number, key, msg, sig } = vector;
      const check = await ed25519.importKey(bytes(key));
      const verdict = await check(bytes(sig), new TextEncoder().encode(msg));
      const expected = !hasFlag(vector, 'low_order_residue');
      if (verdict !== expected || verdict !== nodeVerdict(key, msg, sig)) wrong.push(number);
    }
    expect(wrong).toEqual([]);
  });
});

function nodeVerdict(key: string, msg: string, sig: string): boolean {
  const x = Buffer.from(key, 'hex').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(msg), publicKey, Buffer.from(sig, 'hex'));
}
