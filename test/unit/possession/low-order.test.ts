import { importProofKey } from '../../../src/possession/proof-key.js';
import { SMALL_ORDER } from '../../support/small-order.js';
import { encode } from '../../support/issuer.js';
import { lowOrderCases } from '../../vectors/tokens/low-order.js';
import { NOW } from '../tokens/fixtures.js';
import { requestWith, startPossession, URL_HERE } from './fixtures.js';

const jwkOf = (key: Buffer) => ({ kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') });

describe('proofs with keys of small order', () => {
  it.each(['EdDSA', 'Ed25519'])('are refused in each of 526 cases (%s)', async (alg) => {
    const { possession } = startPossession();
    const cases = lowOrderCases((key, count) =>
      [
        { alg, typ: 'dpop+jwt', jwk: jwkOf(key) },
        { jti: `${count}`, htm: 'POST', htu: URL_HERE, iat: NOW },
      ]
        .map(encode)
        .join('.'),
    );
    const accepted: string[] = [];
    for (const { message, signature } of cases) {
      const proof = `${message}.${signature.toString('base64url')}`;
      const outcome = await possession.shownBy(requestWith([proof])).catch((error: unknown) => error);
      if ((outcome as { code?: string }).code !== 'invalid_dpop_proof') accepted.push(proof);
    }
    expect(accepted).toEqual([]);
    expect(cases).toHaveLength(526);
  });

  it.each(SMALL_ORDER)('have no key for %s', (hex) => {
    expect(importProofKey(jwkOf(Buffer.from(hex, 'hex')), 'EdDSA')).toBeUndefined();
  });
});
