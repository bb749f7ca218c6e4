import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';

/** A client with a key of its own, and proofs made by jose. */
export interface ProofMaker {
  readonly jkt: string;
  readonly jwk: JWK;
  readonly privateJwk: JWK;
  /** A good proof, but for what is changed; a member that is undefined is left out. */
  prove(claims: object, header?: object): Promise<string>;
}

export async function proofMaker(alg = 'ES256', modulusLength = 2048): Promise<ProofMaker> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength });
  const jwk = await exportJWK(publicKey);
  return {
    jkt: await calculateJwkThumbprint(jwk),
    jwk,
    privateJwk: await exportJWK(privateKey),
    prove: (claims, header = {}) =>
      new SignJWT({ jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...claims })
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk, ...header })
        .sign(privateKey),
  };
}

export const athOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
