import { KkpError } from '../errors.js';
import { TOKEN_TYPE_URNS, type GrantForm } from './oauth.dto.js';

/**
 * The token of an exchange, and the type that the new one is said to have: a KKP token is both a JWT and an access token.
 * @throws KkpError `invalid_request`
 */
export function checkExchange(form: GrantForm): { readonly token: string; readonly issuedType: string } {
  const {
    subject_token: token,
    subject_token_type: type,
    requested_token_type: issuedType = TOKEN_TYPE_URNS[0],
  } = form;
  if (token === undefined) throw new KkpError('invalid_request', 'Send the parameter subject_token.');
  checkType('subject_token_type', type);
  checkType('requested_token_type', issuedType);
  if (form.actor_token === undefined) return { token, issuedType };
  throw new KkpError(
    'invalid_request',
    'The parameter actor_token is not taken: whoever authenticates the request is the actor.',
  );
}

function checkType(name: string, type: string | undefined): void {
  if (type !== undefined && (TOKEN_TYPE_URNS as readonly string[]).includes(type)) return;
  throw new KkpError('invalid_request', `The parameter ${name} must be ${TOKEN_TYPE_URNS.join(' or ')}.`);
}
