import {
  NOW,
  type TokenParts,
  goodClaims,
  goodHeader,
  makeToken,
  reject,
  segment,
  signSegments,
} from './forge.js';
import { alice, base64url } from './keys.js';
import type { TokenVector } from './types.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const good = makeToken();
const [header, payload, signature] = good.split('.') as [string, string, string];

const malformed = (name: string, token: string | TokenParts) => reject('malformed', name, token);

/** Tokens whose text is not three canonical base64url segments. Where it can be, the odd text itself is signed. */
export function badEncodings(): TokenVector[] {
  return [...segments(), ...characters(), ...nonCanonical(), ...sizes()];
}

function segments(): TokenVector[] {
  return [
    malformed('empty token', ''),
    malformed('one segment', header),
    malformed('two segments', `${header}.${payload}`),
    malformed('four segments', `${good}.${signature}`),
    malformed('five segments', `${good}.${payload}.${signature}`),
    malformed('two dots and nothing else', '..'),
    malformed('empty header', `.${payload}.${signature}`),
    malformed('empty payload', signSegments(header, '')),
    malformed('empty signature', `${header}.${payload}.`),
    malformed('a dot at the end', `${good}.`),
    malformed('a dot at the start', `.${good}`),
    malformed('alg none with an empty signature', `${segment(goodHeader({ alg: 'none' }))}.${payload}.`),
    malformed('JSON serialisation', JSON.stringify({ protected: header, payload, signature })),
  ];
}

function characters(): TokenVector[] {
  const inSignature = (text: string) =>
    `${header}.${payload}.${signature.slice(0, 40)}${text}${signature.slice(40)}`;
  return [
    malformed('padded header', signSegments(`${segment(lengthOf(2, 'header'))}==`, payload)),
    malformed('padded payload', signSegments(header, `${segment(lengthOf(3, 'payload'))}=`)),
    malformed('padded signature', `${good}==`),
    malformed(
      'padding of a segment that needs none',
      signSegments(header, `${segment(lengthOf(0, 'payload'))}====`),
    ),
    malformed('standard alphabet in the payload', signSegments(header, standardAlphabet())),
    malformed('standard alphabet in the signature', standardSignature()),
    malformed('newline at the end', `${good}\n`),
    malformed('newline at the start', `\n${good}`),
    malformed('space at the end', `${good} `),
    malformed('space at the start', ` ${good}`),
    malformed('newline inside the signature', inSignature('\n')),
    malformed('space inside the signature', inSignature(' ')),
    malformed(
      'tab inside the payload',
      signSegments(header, `${payload.slice(0, 40)}\t${payload.slice(40)}`),
    ),
    malformed(
      'carriage return inside the header',
      signSegments(`${header.slice(0, 8)}\r${header.slice(8)}`, payload),
    ),
    malformed('NUL at the end', `${good}\0`),
    malformed('percent sign inside the signature', inSignature('%2E')),
    malformed('letter beyond ASCII inside the signature', inSignature('é')),
    malformed('full-width full stops', good.replaceAll('.', '．')),
    malformed('zero-width space at the end', `${good}\u200b`),
    malformed('byte order mark at the start', `\ufeff${good}`),
    malformed('Bearer before the token', `Bearer ${good}`),
    malformed('quotes around the token', `"${good}"`),
  ];
}

function nonCanonical(): TokenVector[] {
  const oddHeader = segment(lengthOf(2, 'header'));
  const odd2 = segment(lengthOf(2, 'payload'));
  const odd3 = segment(lengthOf(3, 'payload'));
  return [
    malformed('non-canonical last character, header', signSegments(bump(oddHeader, 1), payload)),
    malformed(
      'non-canonical last character, payload of length 2 mod 4',
      signSegments(header, bump(odd2, 15)),
    ),
    malformed('non-canonical last character, payload of length 3 mod 4', signSegments(header, bump(odd3, 3))),
    ...[1, 8, 15].map((step) =>
      malformed(
        `non-canonical last character, signature (+${step})`,
        `${header}.${payload}.${bump(signature, step)}`,
      ),
    ),
    malformed('length 1 mod 4, header', signSegments(`${segment(lengthOf(0, 'header'))}A`, payload)),
    malformed('length 1 mod 4, payload', signSegments(header, `${segment(lengthOf(0, 'payload'))}A`)),
    malformed('length 1 mod 4, signature', good.slice(0, -1)),
    malformed('signature of one character', `${header}.${payload}.A`),
  ];
}

function sizes(): TokenVector[] {
  const pad = (size: number) =>
    makeToken({ payload: goodClaims({ policy_claims: { pad: 'p'.repeat(size) } }) });
  let size = 5700;
  while (pad(size).length <= 8192) size += 1;
  return [
    malformed('token one step over 8192 characters', pad(size)),
    malformed('token of 20000 characters', pad(14_600)),
    malformed('8193 characters of A', 'A'.repeat(8193)),
    malformed('expired token one step over 8192 characters', {
      payload: goodClaims({ exp: NOW - 1, policy_claims: { pad: 'p'.repeat(size) } }),
    }),
  ];
}

/** Good JSON whose segment has a length of `remainder` mod 4, by spaces at its end. */
function lengthOf(remainder: 0 | 2 | 3, part: 'header' | 'payload'): string {
  let text = JSON.stringify(part === 'header' ? goodHeader() : goodClaims());
  while (segment(text).length % 4 !== remainder) text += ' ';
  return text;
}

/** Raises the last character within the bits that decoding drops. */
function bump(text: string, step: number): string {
  const last = ALPHABET.indexOf(text.slice(-1));
  return text.slice(0, -1) + ALPHABET.charAt(last + step);
}

function standardAlphabet(): string {
  const text = Buffer.from(JSON.stringify(goodClaims({ sub: 'a?>?~?>?~' }))).toString('base64');
  return text.replaceAll('=', '');
}

/** A valid signature with both + and / in the standard alphabet, found by counting. */
function standardSignature(): string {
  for (let count = 0; ; count += 1) {
    const input = `${header}.${segment(goodClaims({ sub: `service-${count}` }))}`;
    const bytes = alice.sign(input);
    const text = bytes.toString('base64').replaceAll('=', '');
    if (text.includes('+') && text.includes('/') && base64url(bytes) !== text) return `${input}.${text}`;
  }
}
