import { type TokenParts, goodClaims, goodHeader, makeToken, reject, segment } from './forge.js';
import { alice, base64url, bob, carol, publicJwk } from './keys.js';
import { littleEndian, nonCanonicalKeys, smallOrderKeys, toScalar } from './scalars.js';
import type { TokenVector, VectorJwk } from './types.js';

const refused = (name: string, keys: VectorJwk[], token: string | TokenParts = {}) =>
  reject('bad_key', name, token, { keys: { keys } });

/** Good tokens beside key sets that must not be taken: one faulty Ed25519 key spoils its whole set. */
export function badKeySets(): TokenVector[] {
  return [...smallOrder(), ...encodings(), ...members()];
}

/** Each comes with a token that a verifier without the check would accept under that key. */
function smallOrder(): TokenVector[] {
  return smallOrderKeys().map((key) =>
    refused(`small-order key ${key.toString('hex')}`, [publicJwk(alice, { x: base64url(key) })], forged(key)),
  );
}

/** R is the identity and S zero: it verifies as soon as k is a multiple of the key's order, which divides 8. */
function forged(key: Buffer): string {
  const identity = littleEndian(1n);
  for (let count = 0; ; count += 1) {
    const message = `${segment(goodHeader())}.${segment(goodClaims({ sub: `service-${count}` }))}`;
    const k = toScalar(identity, key, Buffer.from(message));
    if (k % 8n === 0n) return `${message}.${base64url(Buffer.concat([identity, Buffer.alloc(32)]))}`;
  }
}

function encodings(): TokenVector[] {
  const x = (name: string, value: unknown) => refused(name, [publicJwk(alice, { x: value })]);
  const lastBumped = alice.x.slice(0, -1) + String.fromCharCode(alice.x.charCodeAt(42) + 1);
  return [
    ...nonCanonicalKeys().map((key) => x(`non-canonical key ${key.toString('hex')}`, base64url(key))),
    x('x with padding', `${alice.x}=`),
    x('x in the standard alphabet', Buffer.alloc(32, 0xfb).toString('base64').replaceAll('=', '')),
    x('x with a non-canonical last character', lastBumped),
    x('x with a newline at the end', `${alice.x}\n`),
    x('x of 31 bytes', base64url(alice.publicKey.subarray(1))),
    x('x of 33 bytes', base64url(Buffer.concat([alice.publicKey, Buffer.of(0)]))),
    x('x in hex', alice.publicKey.toString('hex')),
    x('x empty', ''),
    x('x null', null),
    x('x a number', 1),
  ];
}

function members(): TokenVector[] {
  const changed = (name: string, changes: VectorJwk) => refused(name, [publicJwk(alice, changes)]);
  return [
    changed('a private key', { d: base64url(alice.seed) }),
    changed('a private key that is empty', { d: '' }),
    ...['HS256', 'none', 'ES256', 'eddsa', 'ed25519', '', null, 1].map((alg) =>
      changed(`key with alg ${JSON.stringify(alg)}`, { alg }),
    ),
    ...['', 'a b', `${alice.kid}\n`, 'k'.repeat(65), '../key', 7, null].map((kid) =>
      changed(`key with kid ${JSON.stringify(kid)}`, { kid }),
    ),
    changed('key without x', { x: undefined }),
    changed('key without kid', { kid: undefined }),
    refused('two keys of one kid', [publicJwk(alice), publicJwk(bob, { kid: alice.kid })]),
    refused('the same key twice', [publicJwk(alice), publicJwk(alice)]),
    refused('a good key before a faulty one', [publicJwk(alice), publicJwk(carol, { x: 'AAAA' })]),
    refused(
      'a faulty key before a good one',
      [publicJwk(carol, { d: 'AAAA' }), publicJwk(alice)],
      makeToken(),
    ),
  ];
}
