import { isDeepStrictEqual } from 'node:util';
import type { JwtSubject } from '../callers/index.js';
import { KkpError } from '../errors.js';
import {
  isActor,
  MAX_ACTORS,
  usesOf,
  type Actor,
  type TokenClaims,
  type TokenRequest,
} from '../tokens/index.js';
import type { Asked, AskedKey } from './asked.js';
import { checkMayAct } from './may-act.js';
import type { Party } from './party.js';

/**
 * What may be made from a KKP token: the same subject's, for the same audience and key, with no more uses, no later an
 * end, no earlier a beginning, and bound as it was. Everybody who acts for the subject stays named.
 * @param now Unix seconds
 * @throws KkpError `invalid_grant`, `invalid_target`, `invalid_scope`, `invalid_authorization_details`
 */
export function narrowed(subject: TokenClaims, asked: Asked, party: Party, now: number): TokenRequest {
  const { audience = subject.aud, key = subject, cnf = subject.cnf, ops = subject.ops } = asked;
  if (audience !== subject.aud) throw new KkpError('invalid_target', 'The token is for another audience.');
  if (!isKeyOf(key, subject)) {
    throw new KkpError(
      'invalid_authorization_details',
      'The token is for another key, or under other claims.',
    );
  }
  if (asked.ops && !asked.ops.every((use) => usesOf(subject).includes(use)))
    throw new KkpError('invalid_scope', 'The token is not for all of these operations.');
  if (subject.cnf && !isDeepStrictEqual(cnf, subject.cnf))
    throw new KkpError('invalid_grant', 'The token is bound to another key than the request has shown.');
  // A KKP token says nothing of who vouched for its subject.
  const isHolder = subject.act ? isSame(partyOf(subject.act), party) : subject.sub === party.id;
  const act = isHolder ? subject.act : acting(party, subject.act);
  return {
    subject: subject.sub,
    audience,
    backend: subject.backend,
    key_id: subject.key_id,
    policy_claims: subject.policy_claims,
    ...(ops && { ops }),
    ...(cnf && { cnf }),
    ...(act && { act }),
    ...lifeOf(asked, subject.exp, subject.nbf, now),
  };
}

/**
 * What may be made from the JWT of another issuer: its subject's, for the audience and key that are asked for, with no
 * later an end and no earlier a beginning. Whether the subject may have that is for the policy.
 * @param party absent: nobody but the subject itself asks
 * @param now Unix seconds
 * @throws KkpError `invalid_request`, `invalid_grant`
 */
export function delegated(
  subject: JwtSubject,
  asked: Asked,
  party: Party | undefined,
  now: number,
): TokenRequest {
  const { caller, expiresAt, notBefore } = subject;
  const { audience, key, ops, cnf } = required(asked);
  const chain = chainOf(subject);
  const isHolder = !party || isSame(party, chain ? partyOf(chain) : caller);
  if (!isHolder) checkMayAct(subject, party);
  const act = isHolder ? chain : acting(party, chain);
  return {
    subject: caller.id,
    audience,
    ...key,
    ...(ops && { ops }),
    ...(cnf && { cnf }),
    ...(act && { act }),
    ...lifeOf(asked, expiresAt, notBefore, now),
  };
}

/** Of what a new grant has to name, and a KKP token names already. @throws KkpError `invalid_request` */
export function required(asked: Asked): Asked & { readonly audience: string; readonly key: AskedKey } {
  const { audience, key } = asked;
  if (audience === undefined) throw new KkpError('invalid_request', 'Send the parameter audience.');
  if (!key) throw new KkpError('invalid_request', 'Send authorization_details that name the key.');
  return { ...asked, audience, key };
}

const isKeyOf = ({ backend, key_id, policy_claims }: AskedKey, subject: TokenClaims): boolean =>
  backend === subject.backend &&
  key_id === subject.key_id &&
  (policy_claims === undefined || isDeepStrictEqual(policy_claims, subject.policy_claims));

const partyOf = ({ sub, iss }: Actor): Party => ({ id: sub, ...(iss !== undefined && { issuer: iss }) });

const isSame = (one: Party, other: Party): boolean => one.id === other.id && one.issuer === other.issuer;

/** The chain with one more actor before it. @throws KkpError `invalid_grant` where it would be too long */
function acting({ id, issuer }: Party, chain: Actor | undefined): Actor {
  const act = { sub: id, ...(issuer !== undefined && { iss: issuer }), ...(chain && { act: chain }) };
  if (isActor(act)) return act;
  throw new KkpError('invalid_grant', `At most ${MAX_ACTORS} may act for a subject, one after another.`);
}

/** Who acts already. One that cannot be kept as it is may not be lost. @throws KkpError `invalid_grant` */
function chainOf(subject: JwtSubject): Actor | undefined {
  if (!('act' in subject)) return undefined;
  if (isActor(subject.act)) return subject.act;
  throw new KkpError(
    'invalid_grant',
    `The claim act of the token must name at most ${MAX_ACTORS} actors, each by sub and perhaps iss alone.`,
  );
}

/** @throws KkpError `invalid_grant` for a token that has ended, within the tolerance of whoever judged it */
function lifeOf({ ttl_seconds }: Asked, expiresAt: number, notBefore: number | undefined, now: number) {
  if (!(Math.floor(expiresAt) > now)) throw new KkpError('invalid_grant', 'The token is at its end.');
  return {
    ...(ttl_seconds !== undefined && { ttl_seconds }),
    ...(notBefore !== undefined && notBefore > now && { not_before: Math.ceil(notBefore) }),
    subject_expires_at: expiresAt,
  };
}
