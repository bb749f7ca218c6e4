import { verify, type KeyObject } from 'node:crypto';
import { decodeBase64url } from '../../../src/base64url.js';
import { isJsonObject, parseStrictJson } from '../../../src/strict-json.js';
import { LIST_TYPE } from './forge.js';
import type { ListOptions, ListReason } from './types.js';

type Rule = Record<string, unknown>;

/** The checks of README.md as they stand there. Gives the reason, or the rules. */
export function readList(
  list: string,
  keys: ReadonlyMap<string, KeyObject>,
  { now, max_lifetime_seconds, clock_skew_seconds, issuer }: ListOptions,
): ListReason | Rule[] {
  const segments = list.split('.');
  const [head, body, signature] = segments.map(decodeBase64url);
  if (segments.length !== 3 || !head?.length || !body?.length || !signature?.length) return 'malformed';
  const header = parseStrictJson(head);
  if (!header) return 'malformed';
  const { alg, typ, kid } = header;
  if (Object.keys(header).length !== 3 || alg !== 'EdDSA' || typ !== LIST_TYPE) return 'unsupported_header';
  if (typeof kid !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(kid)) return 'unsupported_header';
  const key = keys.get(kid);
  if (!key) return 'unknown_key';
  const input = Buffer.from(list.slice(0, list.lastIndexOf('.')));
  if (signature.length !== 64 || !verify(null, input, key, signature)) return 'bad_signature';
  const payload = parseStrictJson(body);
  if (!payload) return 'malformed';
  const { iss, iat, exp, rules, ...others } = payload;
  if (Object.keys(others).length > 0 || !isTime(iat) || !isTime(exp)) return 'bad_claims';
  if ('iss' in payload && !isName(iss)) return 'bad_claims';
  if (!Array.isArray(rules) || !rules.every(isRule)) return 'bad_claims';
  if (iat > now + clock_skew_seconds) return 'not_yet_valid';
  if (exp <= iat || exp - iat > max_lifetime_seconds) return 'lifetime_exceeded';
  if (now >= exp) return 'expired';
  return issuer !== undefined && iss !== issuer ? 'wrong_issuer' : rules;
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';

const SHAPES = [
  ['jti'],
  ['subject', 'issued_until'],
  ['backend', 'issued_until', 'key_id'],
  ['kid'],
  ['before'],
];
const TIMES = ['before', 'expires_at', 'issued_until'];

const isRule = (rule: unknown): rule is Rule =>
  isJsonObject(rule) &&
  SHAPES.some((shape) => [...shape, 'expires_at'].sort().join() === Object.keys(rule).sort().join()) &&
  Object.entries(rule).every(([name, value]) => (TIMES.includes(name) ? isTime(value) : isName(value)));
