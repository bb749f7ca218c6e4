import { base64url, alice, bob, mallory } from '../tokens/keys.js';
import { makeToken, segment, signSegments } from '../tokens/forge.js';
import { ENDS, listClaims, listHeader, LIST_TYPE, makeList, NOW, reject } from './forge.js';
import type { ListVector } from './types.js';

/** Lists that no verifier may rely on. */
export function rejectedLists(): ListVector[] {
  return [...badForms(), ...badHeaders(), ...badSignatures(), ...badClaims(), ...badRules(), ...badTimes()];
}

const [HEADER, PAYLOAD, SIGNATURE] = makeList().split('.') as [string, string, string];

const badForms = (): ListVector[] =>
  (
    [
      ['nothing', ''],
      ['two segments', `${HEADER}.${PAYLOAD}`],
      ['four segments', `${HEADER}.${PAYLOAD}.${SIGNATURE}.`],
      ['an empty signature', `${HEADER}.${PAYLOAD}.`],
      ['padding', `${HEADER}.${PAYLOAD}.${SIGNATURE}==`],
      ['a line end', `${makeList()}\n`],
      ['another spelling of the signature', respelled(makeList())],
      ['a header that is no object', `${segment('[]')}.${PAYLOAD}.${SIGNATURE}`],
      ['a payload that is no object', signSegments(HEADER, segment('[]'))],
      [
        'a payload with a member twice',
        signSegments(HEADER, segment(`{"rules":[],"rules":[],"iat":1,"exp":2}`)),
      ],
      ['a payload that is no UTF-8', signSegments(HEADER, segment(Uint8Array.of(0x7b, 0xff, 0x7d)))],
    ] as const
  ).map(([name, list]) => reject('malformed', name, list));

/** The last character of an Ed25519 signature in base64url has four bits that say nothing. */
function respelled(list: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return list.slice(0, -1) + alphabet[alphabet.indexOf(list.at(-1)!) ^ 1]!;
}

const badHeaders = (): ListVector[] => [
  reject('unsupported_header', 'a token', makeToken()),
  ...(
    [
      ['the type of a token', { typ: 'JWT' }],
      ['no type', { typ: undefined }],
      ['the type as a media type', { typ: `application/${LIST_TYPE}` }],
      ['the type in capitals', { typ: LIST_TYPE.toUpperCase() }],
      ['alg none', { alg: 'none' }],
      ['alg Ed25519', { alg: 'Ed25519' }],
      ['no kid', { kid: undefined }],
      ['a key inside', { jwk: { kty: 'OKP' } }],
      ['crit', { crit: ['exp'] }],
    ] as const
  ).map(([name, changes]) => reject('unsupported_header', name, { header: listHeader(changes) })),
];

const badSignatures = (): ListVector[] => [
  reject('unknown_key', 'a key that is in no set', { signer: mallory }),
  reject('bad_signature', 'signed by another key', { header: listHeader({ kid: bob.kid }) }),
  reject(
    'bad_signature',
    'a rule left out after signing',
    without(makeList({ payload: listClaims({ rules: [rule()] }) })),
  ),
  reject('bad_signature', 'half a signature', `${HEADER}.${PAYLOAD}.${base64url(Buffer.alloc(32, 7))}`),
  reject('bad_signature', 'the signature of a token', `${HEADER}.${PAYLOAD}.${makeToken().split('.')[2]!}`),
];

const rule = () => ({ jti: '00000000-0000-4000-8000-000000000000', expires_at: ENDS });

function without(list: string): string {
  const [header, , signature] = list.split('.') as [string, string, string];
  return `${header}.${segment(listClaims())}.${signature}`;
}

const badClaims = (): ListVector[] =>
  (
    [
      ['rules missing', { rules: undefined }],
      ['rules null', { rules: null }],
      ['rules an object', { rules: {} }],
      ['no iat', { iat: undefined }],
      ['no exp', { exp: undefined }],
      ['exp null', { exp: null }],
      ['exp a text', { exp: String(NOW + 50) }],
      ['half a second', { iat: NOW - 9.5 }],
      ['a negative iat', { iat: -1 }],
      ['an empty iss', { iss: '' }],
      ['iss a list', { iss: ['https://kkp.example'] }],
      ['a member that nobody knows', { nbf: NOW }],
    ] as [string, Record<string, unknown>][]
  ).map(([name, changes]) => reject('bad_claims', name, { payload: listClaims(changes) }));

const badRules = (): ListVector[] =>
  (
    [
      ['a text', 'jti'],
      ['null', null],
      ['a list', []],
      ['nothing', {}],
      ['an end alone', { expires_at: ENDS }],
      ['no end', { jti: 'x' }],
      ['an end as text', { jti: 'x', expires_at: String(ENDS) }],
      ['a kind that nobody knows', { audience: 'x', expires_at: ENDS }],
      ['two kinds', { jti: 'x', kid: 'k', expires_at: ENDS }],
      ['a jti with a moment', { jti: 'x', issued_until: NOW, expires_at: ENDS }],
      ['a subject without its moment', { subject: 'x', expires_at: ENDS }],
      ['an empty subject', { subject: '', issued_until: NOW, expires_at: ENDS }],
      ['a backend without its key', { backend: 'aws', issued_until: NOW, expires_at: ENDS }],
      ['a key without its backend', { key_id: 'k', issued_until: NOW, expires_at: ENDS }],
      ['a kid that is a number', { kid: 1, expires_at: ENDS }],
      ['a time as text', { before: String(NOW), expires_at: ENDS }],
      ['a negative time', { before: -1, expires_at: ENDS }],
      ['a moment that is no whole second', { subject: 'x', issued_until: 0.5, expires_at: ENDS }],
    ] as [string, unknown][]
  ).map(([name, bad]) =>
    reject('bad_claims', `a rule that is ${name}`, { payload: listClaims({ rules: [rule(), bad] }) }),
  );

const badTimes = (): ListVector[] => [
  reject('not_yet_valid', 'six seconds ahead', { payload: listClaims({ iat: NOW + 6 }) }),
  reject('lifetime_exceeded', 'a second longer than allowed', {
    payload: listClaims({ iat: NOW, exp: NOW + 3601 }),
  }),
  reject('lifetime_exceeded', 'an end before its beginning', { payload: listClaims({ iat: NOW, exp: NOW }) }),
  reject('expired', 'at its end', { payload: listClaims({ exp: NOW }) }),
  reject('expired', 'past its end by less than the skew', { payload: listClaims({ exp: NOW - 1 }) }),
  reject(
    'wrong_issuer',
    'another issuer',
    { payload: listClaims({ iss: 'https://kkp.example/' }) },
    { issuer: 'https://kkp.example' },
  ),
  reject('wrong_issuer', 'no issuer where one is asked for', {}, { issuer: 'https://kkp.example' }),
];

/** Of two faults the one that is checked first is told. */
export const orderedRejects = (): ListVector[] => [
  reject('unsupported_header', 'a type before a key', {
    header: listHeader({ typ: 'JWT', kid: mallory.kid }),
  }),
  reject('unknown_key', 'a key before a signature', {
    header: listHeader({ kid: mallory.kid }),
    signer: alice,
  }),
  reject('bad_claims', 'claims before times', { payload: listClaims({ exp: NOW, rules: null }) }),
  reject('expired', 'times before an issuer', { payload: listClaims({ exp: NOW }) }, { issuer: 'x' }),
];
