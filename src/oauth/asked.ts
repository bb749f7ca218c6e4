import { parseBody } from '../access/index.js';
import { KkpError } from '../errors.js';
import { parseStrictValue } from '../strict-json.js';
import { TOKEN_USES, type Confirmation, type TokenUse } from '../tokens/index.js';
import { KeyDetailBody, type GrantForm } from './oauth.dto.js';

/** What is asked of a new token, by the parameters of a request and the keys that it has shown to hold. */
export interface Asked {
  readonly audience?: string;
  readonly key?: AskedKey;
  readonly ops?: readonly TokenUse[];
  readonly ttl_seconds?: number;
  readonly cnf?: Confirmation;
}

export interface AskedKey {
  readonly backend: string;
  readonly key_id: string;
  readonly policy_claims?: Readonly<Record<string, unknown>>;
}

/** @throws KkpError `invalid_request`, `invalid_scope`, `invalid_authorization_details` */
export function askedOf(form: GrantForm, cnf: Confirmation | undefined): Asked {
  const { audience, scope, ttl_seconds, authorization_details } = form;
  return {
    ...(audience !== undefined && { audience }),
    ...(authorization_details !== undefined && { key: keyIn(authorization_details) }),
    ...(scope !== undefined && { ops: opsIn(scope) }),
    ...(ttl_seconds !== undefined && { ttl_seconds: wholeNumber(ttl_seconds) }),
    ...(cnf && { cnf }),
  };
}

/** Operations with a space between them (RFC 6749 section 3.3). One that is named twice is asked for once. */
function opsIn(scope: string): readonly TokenUse[] {
  const names = [...new Set(scope.split(' '))];
  if (names.every((name): name is TokenUse => (TOKEN_USES as readonly string[]).includes(name))) return names;
  throw new KkpError(
    'invalid_scope',
    `The scope must be of ${TOKEN_USES.join(', ')}, with a space between two.`,
  );
}

/** The one detail of a request (RFC 9396 section 2), whose members are checked like those of a body. */
function keyIn(text: string): AskedKey {
  const details = parseStrictValue(Buffer.from(text, 'utf8'), { exactIntegers: true });
  if (!Array.isArray(details) || details.length !== 1) {
    throw new KkpError(
      'invalid_authorization_details',
      'The authorization_details must be a JSON array of exactly one object, of type kkp_key.',
    );
  }
  try {
    const { backend, key_id, policy_claims } = parseBody(KeyDetailBody, details[0]);
    return { backend, key_id, ...(policy_claims && { policy_claims }) };
  } catch (error) {
    if (!(error instanceof KkpError)) throw error;
    throw new KkpError('invalid_authorization_details', `In authorization_details: ${error.detail}`);
  }
}

function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new KkpError('invalid_request', 'The parameter ttl_seconds must be a whole number of at least 1.');
}
