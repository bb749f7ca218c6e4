import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { importPublicKeys } from '../../../src/keys/index.js';
import { importProofKey } from '../../../src/possession/proof-key.js';
import { TokenVerifier, type TokenFault } from '../../../src/tokens/index.js';
import { isSigned } from '../../../src/tokens/verify-token.js';
import { TestClock } from '../keys/fixtures.js';
import ed25519 from '../../vectors/wycheproof-ed25519.json' with { type: 'json' };
import jws from '../../vectors/wycheproof-jws.json' with { type: 'json' };
import { KEY } from './fixtures.js';

type JwsCase = (typeof jws.cases)[number];

const OWN = createPublicKey(KEY.privateKey);

/** The key that the case is about, whatever `kid` the token names; one of ours where that is a secret. */
const keyOf = ({ key }: JwsCase): KeyObject =>
  key.kty === 'oct' ? OWN : createPublicKey({ key: key as JsonWebKey, format: 'jwk' });

/** Why the server's verifier refuses a text, with a key for every `kid`. */
function refusal(text: string, key: KeyObject): TokenFault | undefined {
  const keys = { verificationKey: () => key };
  try {
    new TokenVerifier({ maxLifetimeSeconds: 900 }, keys, new TestClock()).verify(text);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_token' });
    return (error as Error).cause as TokenFault;
  }
}

describe('Wycheproof’s 401 JWS cases, none of which is by Ed25519', () => {
  it.each<[string, (vector: JwsCase) => KeyObject]>([
    ['the key of each case', keyOf],
    ['a key of ours', () => OWN],
  ])('are all refused before a signature is looked at, with %s for every kid', (_which, keyFor) => {
    const counts: Partial<Record<TokenFault | 'accepted', number>> = {};
    for (const vector of jws.cases) {
      const reason = refusal(vector.jws, keyFor(vector)) ?? 'accepted';
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
    expect(counts).toEqual({ malformed: 55, unsupported_header: 346 });
  });
});

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('Wycheproof’s 151 Ed25519 cases', () => {
  const verdicts = ed25519.cases.map(({ result }) => result === 'valid');

  it('have keys that are taken in, and exactly their verdicts where tokens are verified', () => {
    const found = ed25519.cases.map(({ key, msg, sig }) => {
      const x = bytes(key).toString('base64url');
      const keys = importPublicKeys({ keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'k', x }] });
      return isSigned({ input: bytes(msg), signature: bytes(sig) }, keys.get('k')!);
    });
    expect(found).toEqual(verdicts);
    expect(verdicts).toHaveLength(151);
    expect(verdicts.filter(Boolean)).toHaveLength(88);
  });

  it.each(['EdDSA', 'Ed25519'])('have the same verdicts where proofs of possession are (%s)', (alg) => {
    const found = ed25519.cases.map(({ key, msg, sig }) => {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes(key).toString('base64url') };
      return importProofKey(jwk, alg)?.hasSigned(bytes(msg), bytes(sig));
    });
    expect(found).toEqual(verdicts);
  });
});
