import { accept, goodClaims, goodHeader, NOW, reject, type VectorExtras } from './forge.js';
import type { TokenVector } from './types.js';

const HASH = 'A'.repeat(43);
const ISSUER = 'https://kkp.example';
const ALL: VectorExtras = { extra_claims: ['nbf', 'ops', 'cnf', 'act'], issuer: ISSUER };

const claims = (changes: Record<string, unknown>) => ({ payload: goodClaims({ iss: ISSUER, ...changes }) });
const actors = (count: number): object =>
  count === 1 ? { sub: 'svc-1' } : { sub: `svc-${count}`, act: actors(count - 1) };

/** Claims that are there only where they are configured or were asked for, each of its type alone. */
export function optionalClaims(): TokenVector[] {
  return [...accepted(), ...illTyped(), ...times(), ...issuers(), ...types()];
}

function accepted(): TokenVector[] {
  return [
    ...['decrypt', 'encrypt', 'rewrap', 'data_key'].map((op) =>
      accept(`ops ${op}`, claims({ ops: [op] }), ALL),
    ),
    accept('all ops', claims({ ops: ['data_key', 'rewrap', 'encrypt', 'decrypt'] }), ALL),
    accept('cnf jkt', claims({ cnf: { jkt: HASH } }), ALL),
    accept('cnf x5t#S256', claims({ cnf: { 'x5t#S256': HASH } }), ALL),
    accept('one actor', claims({ act: { sub: 'svc', iss: ISSUER } }), ALL),
    accept('four actors', claims({ act: actors(4) }), ALL),
    accept(
      'every optional claim',
      claims({ nbf: NOW, ops: ['encrypt'], cnf: { jkt: HASH }, act: actors(2) }),
      ALL,
    ),
    accept('no optional claim but the issuer', claims({}), ALL),
  ];
}

function illTyped(): TokenVector[] {
  const values: Readonly<Record<string, readonly unknown[]>> = {
    ops: [
      [],
      null,
      'decrypt',
      {},
      ['sign'],
      ['DECRYPT'],
      ['decrypt', 'decrypt'],
      ['decrypt', 1],
      [null],
      [['decrypt']],
    ],
    cnf: [
      ...[{}, null, [], HASH, { jkt: HASH, 'x5t#S256': HASH }, { kid: HASH }, { jkt: HASH, kid: 'a' }],
      ...[{ jkt: HASH.slice(1) }, { jkt: `${HASH}A` }, { jkt: `${HASH}=` }, { jkt: `${HASH.slice(1)}B` }],
      ...[{ jkt: `+${HASH.slice(1)}` }, { jkt: '' }, { jkt: 7 }, { jkt: null }, { 'x5t#s256': HASH }],
    ],
    act: [
      ...[{}, null, [], 'svc', { sub: '' }, { sub: 1 }, { sub: 'a', iss: '' }, { sub: 'a', iss: null }],
      ...[
        { sub: 'a', client_id: 'b' },
        { sub: 'a', act: null },
        { sub: 'a', act: { iss: ISSUER } },
      ],
      ...[[{ sub: 'a' }], actors(5)],
    ],
    nbf: [null, String(NOW), -1, 0.5, true, [], 2 ** 53],
    iss: [null, '', 7, [ISSUER], {}],
  };
  return Object.entries(values).flatMap(([name, list]) =>
    list.map((value) =>
      reject('bad_claims', `${name} is ${JSON.stringify(value)}`, claims({ [name]: value }), ALL),
    ),
  );
}

function times(): TokenVector[] {
  return [
    accept('nbf now', claims({ nbf: NOW }), ALL),
    accept('nbf in the past, before iat', claims({ nbf: 0 }), ALL),
    reject('not_yet_valid', 'nbf one second from now: no clock skew', claims({ nbf: NOW + 1 }), ALL),
    reject('not_yet_valid', 'nbf at the end of the token', claims({ nbf: NOW + 300 }), ALL),
    reject('not_yet_valid', 'nbf in the future, of another issuer', claims({ nbf: NOW + 1, iss: 'x' }), ALL),
    reject('expired', 'nbf and exp in the past', claims({ nbf: NOW - 9, exp: NOW }), ALL),
  ];
}

function issuers(): TokenVector[] {
  const wrong = (name: string, iss: unknown) => reject('wrong_issuer', name, claims({ iss }), ALL);
  return [
    wrong('another issuer', 'https://other.example'),
    wrong('the issuer with a slash', `${ISSUER}/`),
    wrong('the issuer in capitals', ISSUER.toUpperCase()),
    reject('wrong_issuer', 'no issuer where one is asked for', {}, { issuer: ISSUER }),
    reject('wrong_issuer', 'another issuer and another audience', claims({ iss: 'x' }), {
      ...ALL,
      audience: 'x',
    }),
    accept('the issuer asked for, not among the extra claims', claims({}), { issuer: ISSUER }),
    reject('bad_claims', 'an issuer where none is asked for or allowed', claims({}), {}),
  ];
}

function types(): TokenVector[] {
  const at = { header: goodHeader({ typ: 'at+jwt' }) };
  return [
    accept('typ at+jwt asked for', at, { typ: 'at+jwt' }),
    accept('client_id in an at+jwt', { ...at, payload: goodClaims({ client_id: 'svc' }) }, { typ: 'at+jwt' }),
    ...['', 7, null, ['svc']].map((client_id) =>
      reject(
        'bad_claims',
        `client_id is ${JSON.stringify(client_id)} in an at+jwt`,
        { ...at, payload: goodClaims({ client_id }) },
        { typ: 'at+jwt' },
      ),
    ),
    reject('bad_claims', 'client_id in a JWT', { payload: goodClaims({ client_id: 'svc' }) }),
    accept('typ JWT asked for', {}, { typ: 'JWT' }),
    reject('unsupported_header', 'typ at+jwt, JWT asked for', at, { typ: 'JWT' }),
    reject('unsupported_header', 'typ at+jwt, none asked for', at),
    reject('unsupported_header', 'typ JWT, at+jwt asked for', {}, { typ: 'at+jwt' }),
    reject('unsupported_header', 'typ AT+JWT', { header: goodHeader({ typ: 'AT+JWT' }) }, { typ: 'at+jwt' }),
    reject(
      'unsupported_header',
      'typ application/at+jwt',
      { header: goodHeader({ typ: 'application/at+jwt' }) },
      { typ: 'at+jwt' },
    ),
  ];
}
