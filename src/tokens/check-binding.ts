import type { Asker } from '../access/index.js';
import { KkpError } from '../errors.js';
import { sha256 } from '../possession/index.js';
import type { TokenCheck } from './presented-tokens.js';

/**
 * Whether a token is shown by the holder of the key that its `cnf` names (RFC 7800): a DPoP key or a client certificate.
 *
 * A token that is bound to no DPoP key is refused beside a proof, and so with the scheme DPoP: the key that it is bound to
 * must be the one of the proof (RFC 9449 section 4.3, check 12), and who sends a proof believes that the token is bound.
 * In an exchange the proof beside a token that is bound to nothing is for the new token (section 5).
 * @throws KkpError `invalid_token`, `unproven_token`, `invalid_dpop_proof`
 */
export const checkBinding: TokenCheck = ({ cnf }, asker, use, token) => {
  if (cnf && 'jkt' in cnf) {
    checkProof(cnf.jkt, asker, token);
  } else if (asker.proof && (cnf || use !== 'exchange')) {
    throw unproven('The token is not bound to a DPoP key: send it without a proof.');
  } else if (cnf && asker.certificateThumbprint !== cnf['x5t#S256']) {
    const detail = 'The token is bound to a client certificate: show it over a connection of that client.';
    throw new KkpError('invalid_token', detail);
  }
};

function checkProof(jkt: string, { proof, scheme }: Asker, token: string): void {
  if (!proof) throw unproven('The token is bound to a key: send a DPoP proof with it.');
  // RFC 9449 section 7.2: the lesser scheme says that the client knows of no binding.
  if (scheme === 'bearer')
    throw unproven('The token is bound to a key: use the scheme DPoP instead of Bearer.');
  if (proof.jkt !== jkt) throw unproven('The proof is of another key than the token is bound to.');
  if (proof.ath === sha256(token)) return;
  throw new KkpError('invalid_dpop_proof', 'The ath of the proof is not the hash of the token.');
}

const unproven = (detail: string): KkpError => new KkpError('unproven_token', detail);
