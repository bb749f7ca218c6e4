import { readObject, unexpected } from '../answers.js';
import { oauthError } from '../api-errors.js';
import { BEARER_TOKEN } from '../credentials.js';
import { isName, isOps, isString, isTime } from '../shapes.js';
import { type JsonObject, isJsonObject } from '../strict-json.js';
import type { Answer } from '../transport.js';
import { ACCESS_TOKEN } from './form.js';
import type { ExchangedToken, GrantedToken, SubjectTokenType } from './types.js';

export const TOKEN_ROUTE = 'POST /oauth/token';

const TOKEN_TYPES: readonly unknown[] = [
  ACCESS_TOKEN,
  'urn:ietf:params:oauth:token-type:jwt',
] satisfies SubjectTokenType[];

/**
 * RFC 6749 section 5.1. A token of another type than was asked for is refused: one that is not bound would be good for
 * whoever has it (RFC 9449 section 5).
 */
export function readGranted(answer: Answer, type: GrantedToken['token_type']): GrantedToken {
  return grantedOf(readObject(answer, oauthError), type);
}

/** RFC 8693 section 2.2.1. */
export function readExchanged(answer: Answer, type: GrantedToken['token_type']): ExchangedToken {
  const body = readObject(answer, oauthError);
  const { issued_token_type } = body;
  if (!TOKEN_TYPES.includes(issued_token_type)) throw unexpected(TOKEN_ROUTE);
  return { ...grantedOf(body, type), issued_token_type: issued_token_type as SubjectTokenType };
}

function grantedOf(body: JsonObject, type: GrantedToken['token_type']): GrantedToken {
  const { access_token, token_type, expires_in, scope, authorization_details } = body;
  const isToken = isString(access_token) && BEARER_TOKEN.test(access_token);
  if (!isToken || token_type !== type || !isTime(expires_in)) throw unexpected(TOKEN_ROUTE);
  const ops = isString(scope) ? scope.split(' ') : scope;
  if (ops !== undefined && !isOps(ops)) throw unexpected(TOKEN_ROUTE);
  const key = keyOf(authorization_details);
  return { access_token, token_type: type, expires_in, ...key, ...(ops && { ops }) };
}

/** The key of the one detail that there is (RFC 9396 section 7). */
function keyOf(details: unknown): Pick<GrantedToken, 'backend' | 'key_id' | 'policy_claims'> {
  const [detail, another] = Array.isArray(details) ? (details as unknown[]) : [];
  if (!isJsonObject(detail) || another !== undefined || detail.type !== 'kkp_key')
    throw unexpected(TOKEN_ROUTE);
  const { backend, key_id, policy_claims } = detail;
  const isPlain = policy_claims === undefined || isJsonObject(policy_claims);
  if (!isName(backend) || !isName(key_id) || !isPlain) throw unexpected(TOKEN_ROUTE);
  return { backend, key_id, ...(policy_claims && { policy_claims }) };
}
