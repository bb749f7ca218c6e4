import { NOW, type TokenParts, type VectorExtras, claimsWithRaw, goodClaims, reject } from './forge.js';
import type { TokenVector, VectorReason } from './types.js';

const at = (iat: number, exp: number): TokenParts => ({ payload: goodClaims({ iat, exp }) });

/** Well-formed claims refused for their times or their audience. */
export function badTimes(): TokenVector[] {
  return [...expired(), ...notYetValid(), ...lifetimes(), ...audiences(), ...firstFaultDecides()];
}

function expired(): TokenVector[] {
  const refused = (name: string, parts: TokenParts, extras?: VectorExtras) =>
    reject('expired', name, parts, extras);
  return [
    refused('exp now', at(NOW - 300, NOW)),
    refused('exp one second ago', at(NOW - 300, NOW - 1)),
    refused('exp within the clock skew', at(NOW - 300, NOW - 4)),
    refused('exp now, the largest clock skew', at(NOW - 300, NOW), { clock_skew_seconds: 60 }),
    refused('exp a day ago', at(NOW - 86_700, NOW - 86_400)),
    refused('exp now, as 1.7e9', { payload: claimsWithRaw('exp', '1.7e9') }),
    refused('exp a second into 1970', at(0, 1)),
    refused('a good token an hour later', {}, { now: NOW + 3600 }),
    refused('a good token at the second of its exp', {}, { now: NOW + 300 }),
  ];
}

function notYetValid(): TokenVector[] {
  const refused = (name: string, parts: TokenParts, extras?: VectorExtras) =>
    reject('not_yet_valid', name, parts, extras);
  return [
    refused('iat one second beyond the clock skew', at(NOW + 6, NOW + 300)),
    refused('iat one second ahead, no clock skew allowed', at(NOW + 1, NOW + 300), { clock_skew_seconds: 0 }),
    refused('iat one second beyond the largest clock skew', at(NOW + 61, NOW + 300), {
      clock_skew_seconds: 60,
    }),
    refused('iat in 2096', at(3_976_000_000, 3_976_000_300)),
    refused('iat in milliseconds', at(NOW * 1000, NOW * 1000 + 300)),
    refused('iat 2^53 - 1', at(2 ** 53 - 1, 2 ** 53 - 1)),
    refused('a good token an hour before', {}, { now: NOW - 3600 }),
  ];
}

function lifetimes(): TokenVector[] {
  const refused = (name: string, parts: TokenParts, extras?: VectorExtras) =>
    reject('lifetime_exceeded', name, parts, extras);
  return [
    refused('lifetime one second over its maximum', at(NOW - 10, NOW + 891)),
    refused('lifetime one second over a small maximum', at(NOW - 1, NOW + 30), { max_lifetime_seconds: 30 }),
    refused('lifetime one second over a large maximum', at(NOW, NOW + 3601), { max_lifetime_seconds: 3600 }),
    refused('lifetime of ten years', at(NOW, NOW + 315_360_000)),
    refused('exp 2^53 - 1', at(NOW, 2 ** 53 - 1)),
    refused('exp in milliseconds', at(NOW, (NOW + 300) * 1000)),
    refused('iat zero', at(0, NOW + 300)),
    refused('iat -0', { payload: claimsWithRaw('iat', '-0') }),
    refused('iat -0.0', { payload: claimsWithRaw('iat', '-0.0') }),
    refused('exp equals iat, within the clock skew', at(NOW + 5, NOW + 5)),
    refused('exp before iat, both within the clock skew', at(NOW + 5, NOW + 4)),
    refused('the clock skew does not lengthen a lifetime', at(NOW, NOW + 905)),
  ];
}

function audiences(): TokenVector[] {
  const refused = (name: string, aud: string, audience: string) =>
    reject('wrong_audience', name, { payload: goodClaims({ aud }) }, { audience });
  return [
    refused('another audience', 'billing', 'payments'),
    refused('audience in another case', 'billing', 'Billing'),
    refused('audience with a slash more', 'https://a.example', 'https://a.example/'),
    refused('audience that is a prefix', 'billing-admin', 'billing'),
    refused('audience with a space more', 'billing ', 'billing'),
    refused('audience in another Unicode form', 'caf\u00e9', 'cafe\u0301'),
    refused('audiences in one string', 'billing,payments', 'payments'),
    refused('audience as JSON text', '["billing"]', 'billing'),
    refused('the empty audience asked for', 'billing', ''),
    refused('a star as audience', '*', 'billing'),
  ];
}

/** Two faults in one token: the earlier check gives the reason. */
function firstFaultDecides(): TokenVector[] {
  const two = (reason: VectorReason, over: string, changes: Record<string, unknown>, extras?: VectorExtras) =>
    reject(reason, `${reason} before ${over}`, { payload: goodClaims(changes) }, extras);
  return [
    two('bad_claims', 'not_yet_valid', { sub: '', iat: NOW + 60 }),
    two('bad_claims', 'expired', { tenant: 'a', iat: NOW - 300, exp: NOW - 1 }),
    two('bad_claims', 'wrong_audience', { jti: 'x' }, { audience: 'payments' }),
    two('not_yet_valid', 'lifetime_exceeded', { iat: NOW + 60, exp: NOW + 50 }),
    two('not_yet_valid', 'expired', { iat: NOW + 60, exp: NOW - 1 }),
    two('lifetime_exceeded', 'expired', { iat: NOW - 2000, exp: NOW - 1 }),
    two('lifetime_exceeded', 'wrong_audience', { iat: NOW, exp: NOW + 901 }, { audience: 'payments' }),
    two('expired', 'wrong_audience', { iat: NOW - 300, exp: NOW }, { audience: 'payments' }),
  ];
}
