import { KkpStreamError } from '../errors.js';
import { type JsonObject, parseStrictJson } from '../strict-json.js';
import type { Envelope } from '../types.js';
import { MAX_ENVELOPE_BYTES } from './format.js';

const REQUIRED = ['backend', 'ciphertext', 'encrypted_data_key', 'key_id', 'nonce'];

/** The canonical JSON (RFC 8785) of an envelope; throws TypeError for one that a stream cannot carry. */
export function writeEnvelope(envelope: Envelope): Uint8Array<ArrayBuffer> {
  const bytes = canonical({ ...envelope });
  try {
    readEnvelopeJson(bytes);
  } catch {
    throw new TypeError('envelope must be an envelope of KKP, of at most 64 KiB as JSON');
  }
  return bytes;
}

/** The envelope of which `bytes` are the canonical JSON; throws KkpStreamError for any others. */
export function readEnvelopeJson(bytes: Uint8Array): Envelope {
  const members = parse(bytes);
  const isWhole = bytes.length <= MAX_ENVELOPE_BYTES && members && hasExactMembers(members);
  if (!isWhole || !isSame(canonical(members), bytes)) throw new KkpStreamError('bad_header');
  return members as unknown as Envelope;
}

function parse(bytes: Uint8Array): JsonObject | undefined {
  try {
    return parseStrictJson(bytes, 1);
  } catch {
    return undefined;
  }
}

function hasExactMembers(members: JsonObject): boolean {
  const names = Object.keys(members).filter((name) => name !== 'associated_data');
  const isExact = names.length === REQUIRED.length && REQUIRED.every((name) => names.includes(name));
  return isExact && Object.values(members).every((value) => typeof value === 'string');
}

function canonical(members: object): Uint8Array<ArrayBuffer> {
  const sorted = Object.entries(members).sort(([one], [two]) => (one < two ? -1 : 1));
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(sorted)));
}

function isSame(one: Uint8Array, two: Uint8Array): boolean {
  return one.length === two.length && one.every((byte, index) => byte === two[index]);
}
