import { generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Pair } from './pair.js';
import type { Services } from './services.js';

export const GRANT = {
  subject: 'svc-billing',
  audience: 'reports',
  backend: 'aws',
  key_id: 'alias/orders',
  ttl_seconds: 900,
  policy_claims: { environment: 'production' },
};

export async function tokenPairs({ kkp, issuer, verifier }: Services): Promise<Pair[]> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { token } = await kkp.issueToken(GRANT);
  const input = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
  const signature = sign(null, input, privateKey);
  const claims = issuer.buildClaims(GRANT);
  return [
    {
      name: 'token: sign claims',
      run: () => issuer.sign(claims),
      floor: 'crypto.sign of as many bytes',
      runFloor: () => sign(null, input, privateKey),
    },
    {
      name: 'token: verify',
      run: () => verifier.verify(token),
      floor: 'crypto.verify of as many bytes',
      runFloor: () => verify(null, input, publicKey, signature),
    },
  ];
}
