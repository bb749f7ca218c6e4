import type { Asker } from '../access/index.js';
import { KkpError } from '../errors.js';
import { isJsonObject } from '../strict-json.js';
import type { TokenClaims, TokenUse } from '../tokens/index.js';
import { sha256 } from './possession.js';
import { badProof } from './proof.js';

/**
 * Whether a token is shown by the holder of the key that its `cnf` names (RFC 7800): a DPoP key or a client certificate.
 *
 * A token without `cnf` is anybody's, except beside a proof: who sends one wants the token to be bound (RFC 9449 section
 * 4.3, check 12, of a token that is bound to no key or to another).
 * @throws KkpError `invalid_token`, `unproven_token`, `invalid_dpop_proof`
 */
export function checkBinding({ cnf }: TokenClaims, asker: Asker, _use: TokenUse, token: string): void {
  const binding = cnf === undefined ? undefined : bindingOf(cnf);
  if (binding?.method === 'jkt') {
    checkProof(binding.thumbprint, asker, token);
  } else if (asker.proof) {
    throw unproven('The token is not bound to a DPoP key: send it without a proof.');
  } else if (binding && asker.certificateThumbprint !== binding.thumbprint) {
    throw new KkpError(
      'invalid_token',
      'The token is bound to a client certificate: show it over that connection.',
    );
  }
}

interface Binding {
  readonly method: 'jkt' | 'x5t#S256';
  readonly thumbprint: unknown;
}

/** A confirmation that is not understood wholly is not met. */
function bindingOf(cnf: unknown): Binding {
  const [[method, thumbprint] = [], ...others] = isJsonObject(cnf) ? Object.entries(cnf) : [];
  if ((method === 'jkt' || method === 'x5t#S256') && typeof thumbprint === 'string' && others.length === 0) {
    return { method, thumbprint };
  }
  throw new KkpError('invalid_token', 'The token is bound in a way that is not known here.');
}

function checkProof(jkt: unknown, { proof, scheme }: Asker, token: string): void {
  if (!proof) throw unproven('The token is bound to a key: send a DPoP proof with it.');
  // RFC 9449 section 7.2: nobody may make do with the lesser scheme.
  if (scheme === 'bearer')
    throw unproven('The token is bound to a key: use the scheme DPoP instead of Bearer.');
  if (proof.jkt !== jkt) throw unproven('The proof is of another key than the token is bound to.');
  if (proof.ath !== sha256(token)) throw badProof('The ath of the proof is not the hash of the token.');
}

const unproven = (detail: string): KkpError => new KkpError('unproven_token', detail);
