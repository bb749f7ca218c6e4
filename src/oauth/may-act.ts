import type { JwtSubject } from '../callers/index.js';
import { KkpError } from '../errors.js';
import { isJsonObject } from '../strict-json.js';
import type { Party } from './party.js';

const MEMBERS = ['sub', 'iss'];

/**
 * Whether the claim `may_act` of a JWT, where it has one, names the party (RFC 8693 section 4.4). Without `iss` it names
 * one of the JWT's own issuer, or of KKP's configuration, whose parties have no issuer. A member that KKP cannot compare
 * with anything would leave open whom it names.
 * @throws KkpError `invalid_grant`
 */
export function checkMayAct(subject: JwtSubject, { id, issuer }: Party): void {
  if (!('mayAct' in subject)) return;
  const { mayAct, caller } = subject;
  if (!isJsonObject(mayAct) || !Object.keys(mayAct).every((name) => MEMBERS.includes(name))) {
    throw new KkpError('invalid_grant', 'The claim may_act of the token must name one actor by sub and iss.');
  }
  const { sub, iss } = mayAct;
  const isOfIssuer = iss === undefined ? issuer === undefined || issuer === caller.issuer : iss === issuer;
  if (sub !== id || !isOfIssuer)
    throw new KkpError('invalid_grant', 'The token says that another one may act for its subject.');
}
