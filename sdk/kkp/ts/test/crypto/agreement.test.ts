import { readFileSync } from 'node:fs';
import { createPublicKey, verify } from 'node:crypto';
import { Point } from '@noble/ed25519';
import type { Ed25519 } from '../../src/crypto/ed25519.js';
import { nobleEd25519 } from '../../src/crypto/noble.js';
import { webCryptoEd25519 } from '../../src/crypto/webcrypto.js';
import { isSafePoint } from '../../src/crypto/safe-point.js';
import { lowOrderCases, mixedOrderCases } from '../../../../../test/vectors/tokens/low-order.js';
import { nonCanonicalKeys, smallOrderKeys } from '../../../../../test/vectors/tokens/scalars.js';

interface WycheproofCase {
  tcId: number;
  key: string;
  msg: string;
  sig: string;
  result: string;
}

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

function read<Case>(name: string): Case[] {
  const path = new URL(`../../../../../test/vectors/${name}`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }).cases;
}

const messageOf = (_key: Uint8Array, count: number) => `message ${count}`;

const wycheproof = read<WycheproofCase>('wycheproof-ed25519.json');

describe('isSafePoint', () => {
  it.each(smallOrderKeys())('refuses the small-order encoding %s', (key) => {
    expect(isSafePoint(key)).toBe(false);
  });

  it.each(nonCanonicalKeys())('refuses the encoding %s with y >= p', (key) => {
    expect(isSafePoint(key)).toBe(false);
  });

  it('refuses the key of each of the 526 cases with keys of small order', () => {
    const keys = lowOrderCases(messageOf).map(({ key }) => key);
    expect(keys.filter(isSafePoint)).toEqual([]);
    expect(keys).toHaveLength(526);
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

  it('gives the verdicts of node:crypto, whatever the points', async () => {
    const wrong = [];
    for (const { tcId, key, msg, sig } of wycheproof.filter((vector) => vector.sig.length === 128)) {
      const check = await ed25519.importKey(bytes(key));
      if ((await check(bytes(sig), bytes(msg))) !== nodeVerdict(key, msg, sig)) wrong.push(tcId);
    }
    expect(wrong).toEqual([]);
  });
});

describe('keys with a part of small order, which no list can name', () => {
  const cases = mixedOrderCases(messageOf).map(({ key, signature, message, plain }) => ({
    key: new Uint8Array(key),
    signature: new Uint8Array(signature),
    message: new TextEncoder().encode(message),
    expected: plain && isCanonical(signature.subarray(0, 32)),
    // OpenSSL refuses an R of small order from 3.5 on, which no signer comes by but on purpose.
    open: smallOrderKeys().some((point) => point.equals(signature.subarray(0, 32))),
  }));
  const verdicts = (accepted: readonly boolean[]) =>
    cases.map(({ open, expected }, index) => (open && !accepted[index] ? expected : accepted[index]));
  const expected = cases.map((one) => one.expected);

  it('are hundreds, of which a part is to be accepted', () => {
    expect(cases).toHaveLength(300);
    expect(cases.filter((one) => one.expected && !one.open)).toHaveLength(43);
  });

  it.each<[string, Ed25519]>([
    ['WebCrypto', webCryptoEd25519],
    ['@noble/ed25519', nobleEd25519],
  ])('have signatures good to %s by the equation without the cofactor alone', async (_, ed25519) => {
    const accepted = [];
    for (const { key, signature, message } of cases) {
      const check = await ed25519.importKey(key);
      accepted.push(await check(signature, message));
    }
    expect(verdicts(accepted)).toEqual(expected);
  });

  it('have the same verdicts of node:crypto', () => {
    const hex = (array: Uint8Array) => Buffer.from(array).toString('hex');
    const accepted = cases.map(({ key, message, signature }) =>
      nodeVerdict(hex(key), hex(message), hex(signature)),
    );
    expect(verdicts(accepted)).toEqual(expected);
  });
});

function isCanonical(point: Uint8Array): boolean {
  return Buffer.from(Point.fromBytes(point, true).toBytes()).equals(point);
}

function nodeVerdict(key: string, msg: string, sig: string): boolean {
  const x = Buffer.from(key, 'hex').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(msg, 'hex'), publicKey, Buffer.from(sig, 'hex'));
}
