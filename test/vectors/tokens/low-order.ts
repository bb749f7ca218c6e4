import { Point } from '@noble/ed25519';
import { reject, goodClaims, goodHeader, segment } from './forge.js';
import { alice, base64url, publicJwk, sha256 } from './keys.js';
import { L, littleEndian, smallOrderKeys, torsion, toScalar } from './scalars.js';
import type { TokenVector } from './types.js';

/** A signature under a key that nobody made to sign with: verifiers part on it, and some take it from anybody. */
export interface EdgeCase {
  readonly key: Buffer;
  readonly signature: Buffer;
  readonly message: string;
  /** Whether it holds without the cofactor, which RFC 8032 section 5.1.7 allows to leave out; with it, all of these do. */
  readonly plain: boolean;
  /** Whether k is a hash of the key in its canonical encoding instead of the one that is shown. */
  readonly reencoded: boolean;
}

/** What is to be signed: made anew until k, which is a hash of it, is as it has to be. */
export type MessageOf = (key: Buffer, count: number) => string;

/** An encoding of the sum of `scalar` base points and of `eighths` points of order 8. */
interface Encoded {
  readonly bytes: Buffer;
  readonly scalar: bigint;
  readonly eighths: number;
}

const TORSION = Array.from({ length: 7 }).reduce<Point[]>(
  (points) => [...points, points.at(-1)!.add(torsion)],
  [Point.ZERO],
);

const decode = (bytes: Buffer): Point => Point.fromBytes(bytes, true);
const canonical = (bytes: Buffer): Buffer => Buffer.from(decode(bytes).toBytes());

const SMALL: readonly Encoded[] = smallOrderKeys().map((bytes) => ({
  bytes,
  scalar: 0n,
  eighths: TORSION.findIndex((point) => point.equals(decode(bytes))),
}));

/** A point of the prime order, with each of the points of small order added. */
function mixed(label: string): Encoded[] {
  const scalar = toScalar(sha256(label));
  const bytesOf = (point: Point) => Buffer.from(Point.BASE.multiply(scalar).add(point).toBytes());
  return TORSION.map((point, eighths) => ({ bytes: bytesOf(point), scalar, eighths }));
}

/**
 * The 526 combinations that the vectors of C2SP's CCTV have with a key of small order, and no data of theirs
 * (https://c2sp.org/CCTV/ed25519): 14 encodings of the key, 22 of R (14 of small order, and 8 that have a part of the prime
 * order), a k under which the equation holds without the cofactor and one under which it only holds with it, wherever there is
 * such a k; and where the key is not canonical and R has a part of the prime order, the same with k of the canonical key.
 */
export const lowOrderCases = (messageOf: MessageOf): EdgeCase[] => casesOf(SMALL, messageOf);

/** The same with keys that have a part of the prime order: no verifier can tell these by a list. */
export const mixedOrderCases = (messageOf: MessageOf): EdgeCase[] =>
  casesOf(mixed('the key of the mixed cases'), messageOf);

function casesOf(keys: readonly Encoded[], messageOf: MessageOf): EdgeCase[] {
  const points = [...SMALL, ...mixed('the R of the edge cases')];
  return keys.flatMap((key) =>
    points.flatMap((r) => {
      const differs = r.scalar !== 0n && !canonical(key.bytes).equals(key.bytes);
      return (differs ? [false, true] : [false]).flatMap((reencoded) => sign(key, r, reencoded, messageOf));
    }),
  );
}

function sign(key: Encoded, r: Encoded, reencoded: boolean, messageOf: MessageOf): EdgeCase[] {
  const holds = (k: bigint) => (r.eighths + Number(k % 8n) * key.eighths) % 8 === 0;
  const hashed = reencoded ? canonical(key.bytes) : key.bytes;
  const reachable = new Set([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map(holds));
  return [...reachable].map((plain) => {
    for (let count = 0; ; count += 1) {
      const message = messageOf(key.bytes, count);
      const k = toScalar(r.bytes, hashed, Buffer.from(message));
      if (holds(k) !== plain) continue;
      const signature = Buffer.concat([r.bytes, littleEndian((r.scalar + k * key.scalar) % L)]);
      return { key: key.bytes, signature, message, plain, reencoded };
    }
  });
}

/** Each of the cases as a good token, beside the key set that would be needed to accept it. */
export function lowOrderTokens(): TokenVector[] {
  const header = segment(goodHeader());
  const cases = lowOrderCases(
    (_key, count) => `${header}.${segment(goodClaims({ sub: `service-${count}` }))}`,
  );
  return cases.map(({ key, signature, message, plain, reencoded }, index) => {
    const equation = `${plain ? 'without' : 'only with'} the cofactor${reencoded ? ', k of the canonical key' : ''}`;
    const keys = { keys: [publicJwk(alice, { x: base64url(key) })] };
    const name = `${index + 1}: key ${key.toString('hex')}, holds ${equation}`;
    return reject('bad_key', name, `${message}.${base64url(signature)}`, { keys });
  });
}
