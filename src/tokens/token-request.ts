import { KkpError } from '../errors.js';
import {
  isActor,
  isConfirmation,
  isOps,
  isTime,
  MAX_ACTORS,
  TOKEN_USES,
  type Actor,
  type Confirmation,
  type OptionalClaims,
  type TokenUse,
} from './optional-claims.js';

/** What may be asked of a token. */
export interface TokenRequest {
  readonly subject: string;
  readonly audience: string;
  readonly backend: string;
  readonly key_id: string;
  readonly ttl_seconds?: number;
  readonly policy_claims?: Readonly<Record<string, unknown>>;
  readonly ops?: readonly TokenUse[];
  /** Unix seconds. */
  readonly not_before?: number;
  readonly cnf?: Confirmation;
  /** Only of an exchange: who will use the token on behalf of its subject. */
  readonly act?: Actor;
  /** Only of an exchange, in Unix seconds: the end of the token that this one is made from, and so its own. */
  readonly subject_expires_at?: number;
}

/**
 * The claims that were asked for beyond those of every token.
 * @throws KkpError `invalid_request` that names the member and what is allowed
 */
export function optionalClaims(
  { ops, not_before: nbf, cnf, act }: TokenRequest,
  { iat, exp }: { readonly iat: number; readonly exp: number },
): OptionalClaims {
  check(
    nbf === undefined || (isTime(nbf) && nbf >= iat && nbf < exp),
    'Member not_before must be Unix time in whole seconds, from now to before the end of the token.',
  );
  check(
    ops === undefined || isOps(ops),
    `Member ops must be a list of at least one of ${TOKEN_USES.join(', ')}, none twice.`,
  );
  check(
    cnf === undefined || isConfirmation(cnf),
    'Member cnf must have exactly one of jkt and x5t#S256: a SHA-256 hash in base64url without padding.',
  );
  check(
    act === undefined || isActor(act),
    `Each actor must have a sub, may have an iss, and may act for another: at most ${MAX_ACTORS} in all.`,
  );
  return {
    ...(nbf !== undefined && { nbf }),
    ...(ops && { ops }),
    ...(cnf && { cnf }),
    ...(act && { act }),
  };
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new KkpError('invalid_request', rule);
}
