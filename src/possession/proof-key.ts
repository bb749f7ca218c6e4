import { constants, hash, createPublicKey, verify, type KeyObject, type SigningOptions } from 'node:crypto';
import { decodeBase64url } from '../base64url.js';
import { isSoundPoint } from '../ed25519-point.js';

type Jwk = Readonly<Record<string, unknown>>;

/** What a key must be for an algorithm, and how its signatures are checked. */
interface Algorithm {
  readonly kty: string;
  readonly crv?: string;
  /** Members of the thumbprint in their order (RFC 7638 section 3.2): all that the key is made of. */
  readonly members: readonly string[];
  readonly hash: string | null;
  readonly options?: SigningOptions;
  readonly accepts: (value: (member: string) => Buffer) => boolean;
}

const RSA = { kty: 'RSA', members: ['e', 'kty', 'n'], hash: 'sha256', accepts: isSoundRsa } as const;
const ED25519: Algorithm = {
  kty: 'OKP',
  crv: 'Ed25519',
  members: ['crv', 'kty', 'x'],
  hash: null,
  accepts: (value) => isSoundPoint(value('x')),
};
const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map<string, Algorithm>([
  [
    'ES256',
    {
      kty: 'EC',
      crv: 'P-256',
      members: ['crv', 'kty', 'x', 'y'],
      hash: 'sha256',
      options: { dsaEncoding: 'ieee-p1363' },
      accepts: (value) => value('x').length === 32 && value('y').length === 32,
    },
  ],
  ['EdDSA', ED25519],
  ['Ed25519', ED25519],
  ['PS256', { ...RSA, options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } }],
  ['RS256', RSA],
]);

/** The algorithms that a proof may be signed with, for the challenge (RFC 9449 section 7.1). */
export const PROOF_ALGORITHMS: readonly unknown[] = [...ALGORITHMS.keys()];

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The public key of a proof, checked before anything is verified with it. */
export interface ProofKey {
  /** SHA-256 thumbprint (RFC 7638), base64url. */
  readonly jkt: string;
  hasSigned(input: Buffer, signature: Buffer): boolean;
}

/**
 * Takes a public key from the header of a proof. Undefined unless it is a key for `alg` as it should be: no private part,
 * every member in its one spelling, a point of its curve and of no small order, RSA of 2048 to 4096 bits with e = 65537.
 */
export function importProofKey(jwk: Jwk, alg: unknown): ProofKey | undefined {
  const algorithm = ALGORITHMS.get(alg);
  if (!algorithm || !suits(jwk, alg, algorithm)) return undefined;
  const own = Object.fromEntries(algorithm.members.map((member) => [member, jwk[member]]));
  const key = publicKeyOf(own);
  if (!key) return undefined;
  return {
    jkt: hash('sha256', JSON.stringify(own), 'base64url'),
    hasSigned: (input, signature) => verify(algorithm.hash, input, { key, ...algorithm.options }, signature),
  };
}

function suits(jwk: Jwk, alg: unknown, { kty, crv, members, accepts }: Algorithm): boolean {
  const { use = 'sig', alg: only = alg } = jwk;
  if (jwk.kty !== kty || jwk.crv !== crv || use !== 'sig' || only !== alg) return false;
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) return false;
  const values = new Map(members.filter(isValue).map((member) => [member, bytesOf(jwk[member])]));
  return (
    [...values.values()].every((bytes) => bytes.length > 0) && accepts((member) => values.get(member) ?? NONE)
  );
}

const NONE = Buffer.alloc(0);

/** The other members of a thumbprint are words. */
const isValue = (member: string): boolean => member !== 'kty' && member !== 'crv';

/** None for what is not canonical base64url: each spelling would have a thumbprint of its own. */
const bytesOf = (value: unknown): Buffer =>
  (typeof value === 'string' ? decodeBase64url(value) : undefined) ?? NONE;

/** A modulus that is long enough to be safe and short enough to be cheap, without leading zeros (RFC 7518 section 6.3.1.1). */
function isSoundRsa(value: (member: string) => Buffer): boolean {
  const n = value('n');
  const bits = n.length * 8 - (Math.clz32(n.at(0) ?? 0) - 24);
  return n.at(0) !== 0 && bits >= 2048 && bits <= 4096 && value('e').toString('base64url') === 'AQAB';
}

/** Undefined for what is no point of the curve. */
function publicKeyOf(key: Record<string, unknown>): KeyObject | undefined {
  try {
    return createPublicKey({ key: key as Record<string, string>, format: 'jwk' });
  } catch {
    return undefined;
  }
}
