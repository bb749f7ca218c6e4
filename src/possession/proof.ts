import { decodeBase64url } from '../base64url.js';
import { KkpError } from '../errors.js';
import { isJsonObject, parseStrictJson } from '../strict-json.js';
import { importProofKey, PROOF_ALGORITHMS } from './proof-key.js';

/** A proof whose signature is good; what it is for has still to be compared. */
export interface SignedProof {
  /** Thumbprint of the key that signed. */
  readonly jkt: string;
  readonly htm: string;
  readonly htu: string;
  /** Unix seconds. */
  readonly iat: number;
  readonly jti: string;
  /** SHA-256 of the token that it goes with, base64url. */
  readonly ath?: string;
}

export const badProof = (detail: string): KkpError => new KkpError('invalid_dpop_proof', detail);

/** Longest proof, in characters: one with an RSA key of 4096 bits has less than half of it. */
const MAX_LENGTH = 4096;
const MAX_JTI_LENGTH = 256;

/**
 * Reads a DPoP proof (RFC 9449 section 4.2) and verifies it with the key that it carries. Stricter than the RFC in its
 * form: one spelling, JSON that all readers read alike. Further claims are passed over, as are header members that would
 * name another key (`kid`, `jku`, `x5c`).
 * @throws KkpError `invalid_dpop_proof`
 */
export function readProof(text: string): SignedProof {
  const { header, payload, signature, input } = split(text);
  if (header.typ !== 'dpop+jwt') throw badProof('The typ of the proof must be "dpop+jwt".');
  if ('crit' in header || 'b64' in header)
    throw badProof('The header of the proof must have no crit and no b64.');
  if (!PROOF_ALGORITHMS.includes(header.alg)) {
    throw badProof(`The alg of the proof must be one of ${PROOF_ALGORITHMS.join(', ')}.`);
  }
  const key = isJsonObject(header.jwk) ? importProofKey(header.jwk, header.alg) : undefined;
  if (!key)
    throw badProof('The jwk of the proof must be a sound public key for its alg, without private parts.');
  if (!key.hasSigned(input, signature)) throw badProof('The signature of the proof is not valid.');
  const claims = parseStrictJson(payload);
  if (!claims || !hasClaims(claims)) {
    throw badProof('The proof must have the claims jti, htm, htu and iat, each of its type.');
  }
  const { htm, htu, iat, jti, ath } = claims;
  return { jkt: key.jkt, htm, htu, iat, jti, ...(ath !== undefined && { ath }) };
}

function split(text: string) {
  const segments = text.length > MAX_LENGTH ? [] : text.split('.');
  const [header, payload, signature] = segments.map(decodeBase64url);
  const members = header && parseStrictJson(header);
  if (segments.length !== 3 || !members || !payload || !signature) {
    throw badProof(`The proof must be a JWT in compact form, of at most ${MAX_LENGTH} characters.`);
  }
  return {
    header: members,
    payload,
    signature,
    input: Buffer.from(text.slice(0, text.lastIndexOf('.')), 'latin1'),
  };
}

const hasClaims = (claims: Record<string, unknown>): claims is Omit<SignedProof, 'jkt'> & typeof claims =>
  typeof claims.htm === 'string' &&
  typeof claims.htu === 'string' &&
  Number.isSafeInteger(claims.iat) &&
  typeof claims.jti === 'string' &&
  claims.jti.length >= 1 &&
  claims.jti.length <= MAX_JTI_LENGTH &&
  (claims.ath === undefined || typeof claims.ath === 'string');
