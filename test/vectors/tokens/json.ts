import { type TokenParts, claimsWithRaw, goodClaims, goodHeader, makeToken, reject } from './forge.js';
import { alice } from './keys.js';
import type { TokenVector } from './types.js';

const headerText = JSON.stringify(goodHeader());
const payloadText = JSON.stringify(goodClaims());

const malformed = (name: string, parts: TokenParts) => reject('malformed', name, parts);
const policy = (raw: string): TokenParts => ({ payload: claimsWithRaw('policy_claims', raw) });

/** Tokens whose header or payload is well signed and not strict JSON. */
export function badJson(): TokenVector[] {
  return [...documents(), ...duplicates(), ...depths(), ...strings(), ...numbers()];
}

/** One list of faults, put into the header and into the payload. */
function documents(): TokenVector[] {
  const faults: [string, (text: string) => string | Uint8Array][] = [
    ['cut short', (text) => text.slice(0, -1)],
    ['trailing data', (text) => `${text}{}`],
    ['a trailing NUL', (text) => `${text}\0`],
    ['a trailing comma', (text) => `${text.slice(0, -1)},}`],
    ['a byte order mark', (text) => `\ufeff${text}`],
    ['a form feed around it', (text) => `\f${text}`],
    ['a no-break space around it', (text) => `${text}\u00a0`],
    ['a comment', (text) => `${text.slice(0, -1)}/* */}`],
    ['single quotes', (text) => text.replaceAll('"', "'")],
    ['unquoted names', (text) => text.replace(/"(alg|sub)"/, '$1')],
    ['an array around it', (text) => `[${text}]`],
    ['a string around it', (text) => JSON.stringify(text)],
    ['null', () => 'null'],
    ['a number', () => '1'],
    ['only whitespace', () => '  \n '],
    ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
    ['gzip bytes', () => Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3)],
  ];
  return faults.flatMap(([fault, apply]) => [
    malformed(`header JSON: ${fault}`, { header: apply(headerText) }),
    malformed(`payload JSON: ${fault}`, { payload: apply(payloadText) }),
  ]);
}

function duplicates(): TokenVector[] {
  const with_ = (text: string, member: string) => `{${member},${text.slice(1)}`;
  return [
    malformed('duplicate alg, none first', { header: with_(headerText, '"alg":"none"') }),
    malformed('duplicate kid, same value', { header: with_(headerText, `"kid":"${alice.kid}"`) }),
    malformed('duplicate typ, one name escaped', { header: with_(headerText, '"t\\u0079p":"JWT"') }),
    malformed('duplicate name nested in the header', { header: with_(headerText, '"x":{"a":1,"a":1}') }),
    malformed('duplicate exp', { payload: with_(payloadText, '"exp":9999999999') }),
    malformed('duplicate sub, same value', { payload: with_(payloadText, '"sub":"orders-service"') }),
    malformed('duplicate aud, one name escaped', { payload: with_(payloadText, '"\\u0061ud":"x"') }),
    malformed('duplicate __proto__', policy('{"__proto__":1,"__proto__":2}')),
    malformed('duplicate name in policy claims', policy('{"a":1,"b":2,"a":1}')),
    malformed('duplicate name three levels down', policy('{"a":[{"b":{"c":1,"c":2}}]}')),
    malformed('duplicate empty name', policy('{"":1,"":2}')),
    malformed('duplicate name beyond ASCII, one escaped', policy('{"é":1,"\\u00E9":2}')),
  ];
}

function depths(): TokenVector[] {
  const arrays = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  return [
    malformed('payload of depth 33, objects', policy(objects(32))),
    malformed('payload of depth 33, arrays', policy(`{"a":${arrays(31)}}`)),
    malformed('payload of depth 33, mixed', policy(`{"a":${'[{"a":'.repeat(15)}[]${'}]'.repeat(15)}}`)),
    malformed('payload of depth 2500', policy(`{"a":${arrays(2498)}}`)),
    malformed('header of depth 33', { header: `${headerText.slice(0, -1)},"x":${arrays(32)}}` }),
  ];
}

function strings(): TokenVector[] {
  const sub = (raw: string): TokenParts => ({ payload: claimsWithRaw('sub', raw) });
  const bytes = (hex: string): TokenParts => {
    const [before, after] = JSON.stringify(goodClaims({ sub: '@' })).split('@') as [string, string];
    return { payload: Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]) };
  };
  return [
    malformed('lone high surrogate escape', sub('"\\ud83d"')),
    malformed('lone low surrogate escape', sub('"\\udd11"')),
    malformed('surrogate escapes in the wrong order', sub('"\\udd11\\ud83d"')),
    malformed('lone surrogate in a name', policy('{"\\ud800":1}')),
    malformed('lone surrogate deep in policy claims', policy('{"a":["\\udfff"]}')),
    malformed('lone surrogate in the header', { header: headerText.replace('"JWT"', '"\\ud800"') }),
    malformed('UTF-8 byte ff', bytes('ff')),
    malformed('UTF-8 continuation byte alone', bytes('80')),
    malformed('UTF-8 cut short', bytes('e282')),
    malformed('UTF-8 overlong slash', bytes('c0af')),
    malformed('UTF-8 encoded surrogate', bytes('eda080')),
    malformed('UTF-8 beyond U+10FFFF', bytes('f4908080')),
    malformed('Latin-1 letter', bytes('e9')),
    malformed('raw newline in a string', sub('"a\nb"')),
    malformed('raw NUL in a string', sub('"a\0b"')),
    malformed('raw tab in a string', sub('"a\tb"')),
    malformed('unknown escape', sub('"\\x41"')),
    malformed('short Unicode escape', sub('"\\u41"')),
    malformed('invalid UTF-8 in the header', {
      header: Buffer.concat([Buffer.from(headerText.slice(0, -2)), Buffer.of(0xff), Buffer.from('"}')]),
    }),
  ];
}

function numbers(): TokenVector[] {
  const exps = [
    'NaN',
    'Infinity',
    '-Infinity',
    '01700000300',
    '+1700000300',
    '0x6553f22c',
    '1700000300.',
    '.17e10',
  ];
  const policies = [
    '1e400',
    '-1e400',
    `1${'0'.repeat(400)}`,
    `-${'9'.repeat(5000)}`,
    '1_000',
    '1e',
    '-',
    'True',
    'undefined',
  ];
  return [
    ...exps.map((raw) => malformed(`exp as ${raw}`, { payload: claimsWithRaw('exp', raw) })),
    malformed('exp as 1e400', { payload: claimsWithRaw('exp', '1e400') }),
    ...policies.map((raw) =>
      malformed(
        `policy claim as ${raw.length > 20 ? `${raw.slice(0, 3)}… (${raw.length} characters)` : raw}`,
        policy(`{"a":${raw}}`),
      ),
    ),
    malformed('policy claim as [1e999] deep inside', policy('{"a":{"b":[1,1e999]}}')),
    malformed('a number that overflows in the header', { header: `${headerText.slice(0, -1)},"x":1e999}` }),
  ];
}

/** Faults of the payload's JSON are not looked at before the signature. */
export function jsonBehindBadSignature(): TokenVector[] {
  const swap = (payload: string | Uint8Array) => {
    const [header, , signature] = makeToken().split('.') as [string, string, string];
    return `${header}.${Buffer.from(payload).toString('base64url')}.${signature}`;
  };
  return [
    reject('bad_signature', 'payload not JSON behind a bad signature', swap('not json')),
    reject('bad_signature', 'payload not UTF-8 behind a bad signature', swap(Uint8Array.of(0xff, 0xfe))),
    reject('bad_signature', 'payload too deep behind a bad signature', swap('['.repeat(1000))),
  ];
}
