import { createHmac } from 'node:crypto';
import { Point } from '@noble/ed25519';
import { goodClaims, goodHeader, makeToken, reject, segment, signSegments } from './forge.js';
import { alice, base64url, bob, mallory, publicJwk } from './keys.js';
import { L, littleEndian, mixedOrderKey, signWithTorsion, toScalar } from './scalars.js';
import type { TokenVector } from './types.js';

const input = `${segment(goodHeader())}.${segment(goodClaims())}`;
const signature = alice.sign(input);
const R = signature.subarray(0, 32);
const S = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);

const refused = (name: string, bytes: Uint8Array) =>
  reject('bad_signature', name, `${input}.${base64url(bytes)}`);

/** Good headers and claims under signatures that are not Ed25519 over exactly `header.payload`. */
export function badSignatures(): TokenVector[] {
  return [
    ...lengths(),
    ...flippedBits(),
    ...scalars(),
    ...otherMessages(),
    ...otherSigners(),
    ...otherEquations(),
  ];
}

function lengths(): TokenVector[] {
  return [
    refused('signature of 63 bytes', signature.subarray(0, 63)),
    refused('signature of 65 bytes', Buffer.concat([signature, Buffer.of(0)])),
    refused('signature with a byte before it', Buffer.concat([Buffer.of(0), signature])),
    refused('signature twice', Buffer.concat([signature, signature])),
    refused('R alone', R),
    refused('signature of 1 byte', Buffer.of(0)),
    refused('signature all zero', Buffer.alloc(64)),
    refused('signature all ff', Buffer.alloc(64, 0xff)),
    refused('identity point and zero scalar', Buffer.concat([Buffer.of(1), Buffer.alloc(63)])),
    refused('public key as R, zero scalar', Buffer.concat([alice.publicKey, Buffer.alloc(32)])),
  ];
}

function flippedBits(): TokenVector[] {
  return [0, 7, 128, 255, 256, 263, 400, 508, 511].map((bit) => {
    const flipped = Buffer.from(signature);
    const index = bit >> 3;
    flipped.writeUInt8(flipped.readUInt8(index) ^ (1 << (bit & 7)), index);
    return refused(`signature with bit ${bit} flipped`, flipped);
  });
}

function scalars(): TokenVector[] {
  const withS = (s: bigint) => Buffer.concat([R, littleEndian(s)]);
  return [
    refused('S + L', withS(S + L)),
    refused('S + 2L', withS(S + 2n * L)),
    refused('S + 8L', withS(S + 8n * L)),
    refused('L - S', withS(L - S)),
    refused('S + 1', withS((S + 1n) % L)),
    refused('S = L', withS(L)),
    refused('S big-endian', Buffer.concat([R, Buffer.from(signature.subarray(32)).reverse()])),
    refused('R and S exchanged', Buffer.concat([signature.subarray(32), R])),
    refused('R negated', Buffer.concat([Point.fromBytes(R).negate().toBytes(), signature.subarray(32)])),
  ];
}

function otherMessages(): TokenVector[] {
  const [header, payload] = input.split('.') as [string, string];
  const under = (name: string, message: string | Uint8Array) =>
    refused(`signature over ${name}`, alice.sign(message));
  const moved = (name: string, h: string, p: string) =>
    reject('bad_signature', name, `${h}.${p}.${base64url(signature)}`);
  return [
    under('the payload alone', payload),
    under('the header alone', header),
    under('payload.header', `${payload}.${header}`),
    under('header and payload without the dot', header + payload),
    under('a dot at the end', `${input}.`),
    under('the decoded payload', Buffer.from(payload, 'base64url')),
    under('the empty string', ''),
    moved('payload exchanged for a larger right', header, segment(goodClaims({ sub: 'admin' }))),
    moved('payload exchanged for a later exp', header, segment(goodClaims({ exp: 1_700_000_600 }))),
    moved('payload with a space more', header, segment(`${JSON.stringify(goodClaims())} `)),
    moved('header with a space more', segment(`${JSON.stringify(goodHeader())} `), payload),
    moved('header of another key', segment(goodHeader({ kid: bob.kid })), payload),
    reject('unsupported_header', 'header and payload exchanged', signSegments(payload, header)),
    reject(
      'malformed',
      'signature in the place of the header',
      `${base64url(signature)}.${payload}.${header}`,
    ),
  ];
}

function otherSigners(): TokenVector[] {
  const mac = createHmac('sha512', alice.publicKey).update(input).digest();
  return [
    refused('signed by another key of the set', bob.sign(input)),
    refused('signed by a key outside the set', mallory.sign(input)),
    refused('HMAC-SHA-512 with the public key', mac),
    reject('bad_signature', 'signature of another good token', stolen()),
    reject('bad_signature', 'kid of another key of the set', {
      header: goodHeader({ kid: bob.kid }),
      signer: alice,
    }),
  ];
}

function stolen(): string {
  const other = makeToken({ payload: goodClaims({ jti: '00000000-0000-4000-8000-000000000001' }) });
  return `${input}.${other.split('.')[2] ?? ''}`;
}

/** What separates verifiers: R and A with a component of order 8, R not canonical, A not on the curve. */
function otherEquations(): TokenVector[] {
  const nonCanonicalR = Buffer.concat([littleEndian(2n ** 255n - 18n), Buffer.alloc(32)]);
  const offCurve = { keys: { keys: [publicJwk(alice, { x: base64url(littleEndian(2n)) })] } };
  return [
    refused('R with a component of order 8', signWithTorsion(alice, input)),
    refused('R not canonical', nonCanonicalR),
    mixedOrder(),
    reject('bad_signature', 'key not on the curve', {}, { keys: offCurve.keys }),
  ];
}

/** Signed so that the cofactored equation holds and the plain one does not: k is not a multiple of 8. */
function mixedOrder(): TokenVector {
  const key = mixedOrderKey(mallory);
  const keys = { keys: [publicJwk(mallory, { x: base64url(key.publicKey), kid: 'mixed-order' })] };
  for (let count = 0; ; count += 1) {
    const claims = goodClaims({ sub: `service-${count}` });
    const message = `${segment(goodHeader({ kid: 'mixed-order' }))}.${segment(claims)}`;
    const bytes = key.sign(message);
    const k = toScalar(bytes.subarray(0, 32), key.publicKey, Buffer.from(message));
    if (k % 8n === 0n) continue;
    return reject('bad_signature', 'key with a component of order 8', `${message}.${base64url(bytes)}`, {
      keys,
    });
  }
}
