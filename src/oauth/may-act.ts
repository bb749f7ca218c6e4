import type { JwtSubject } from '../callers/index.js';
import { KkpError } from '../errors.js';
import { isJsonObject } from '../strict-json.js';
import type { Party } from './party.js';

const MEMBERS = ['sub', 'iss'];

/**
 * Whether the claim `may_act` of a JWT, where it has one, names the party (RFC 8693 section 4.4). A member that KKP
 * cannot compare with anything would leave open whom it names.
 * @throws KkpError `invalid_grant`
 */
export function checkMayAct(subject: JwtSubject, { id, issuer }: Party): void {
  if (!('mayAct' in subject)) return;
  const { mayAct } = subject;
  if (!isJsonObject(mayAct) || !Object.keys(mayAct).every((name) => MEMBERS.includes(name))) {
    throw new KkpError('invalid_grant', 'The claim may_act of the token must name one actor by sub and iss.');
  }
  const { sub, iss = issuer } = mayAct;
  if (sub !== id || iss !== issuer)
    throw new KkpError('invalid_grant', 'The token says that another one may act for its subject.');
}
