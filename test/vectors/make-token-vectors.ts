import { acceptedTokens } from './tokens/accepts.js';
import { badClaims } from './tokens/claims.js';
import { badEncodings } from './tokens/encoding.js';
import { badHeaders, unknownKeys } from './tokens/headers.js';
import { badJson, jsonBehindBadSignature } from './tokens/json.js';
import { badKeySets } from './tokens/key-sets.js';
import { SHARED_KEYS } from './tokens/keys.js';
import { lowOrderTokens } from './tokens/low-order.js';
import { optionalClaims } from './tokens/optional-claims.js';
import { badSignatures } from './tokens/signatures.js';
import { badTimes } from './tokens/times.js';
import type { TokenVectorFile } from './tokens/types.js';

const DESCRIPTION =
  'Tokens and the one verdict that the KKP server and each SDK must give. Made by make-token-vectors.ts. ' +
  'Checks run in a fixed order and the first that fails gives the reason; README.md beside this file lists them. ' +
  'A case may bring its own keys. Reason bad_key: that key set is refused when it is imported, before the token is read.';

/** All token vectors. Nothing in them depends on the clock, on randomness or on the machine. */
export function makeTokenVectors(): TokenVectorFile {
  const cases = [
    ...acceptedTokens(),
    ...badKeySets(),
    ...badEncodings(),
    ...badJson(),
    ...badHeaders(),
    ...unknownKeys(),
    ...badSignatures(),
    ...jsonBehindBadSignature(),
    ...badClaims(),
    ...badTimes(),
  ];
  return { description: DESCRIPTION, keys: { keys: SHARED_KEYS }, cases };
}

/** As `makeTokenVectors`, about the claims and the typ that are there only where configured or asked for. */
export function makeOptionalClaimVectors(): TokenVectorFile {
  return { description: DESCRIPTION, keys: { keys: SHARED_KEYS }, cases: optionalClaims() };
}

/** As `makeTokenVectors`, under keys of small order alone. */
export function makeLowOrderVectors(): TokenVectorFile {
  return { description: DESCRIPTION, keys: { keys: [] }, cases: lowOrderTokens() };
}

/** The text of tokens.json: one case a line, ASCII only, so that a change shows as the lines it touches. */
export function formatTokenVectors(file: TokenVectorFile): string {
  const lines = file.cases.map((vector) => `    ${toAscii(vector)}`).join(',\n');
  const keys = file.keys.keys.map((key) => `      ${toAscii(key)}`).join(',\n');
  return `{
  "description": ${toAscii(file.description)},
  "keys": {
    "keys": [
${keys}
    ]
  },
  "cases": [
${lines}
  ]
}
`;
}

function toAscii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
