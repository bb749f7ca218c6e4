import type { CryptoKey } from './crypto-keys.js';
import { badRequest, checksumMismatch, noPrimary, notEnabled, wrongPurpose } from './google-error.js';

type Body = Readonly<Record<string, unknown>>;

/** cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt */
const MOST_BYTES = 64 * 1024;
const MOST_HSM_BYTES = 8 * 1024;

/** `version`: as in the path; without one the primary encrypts. */
export function encrypt(key: CryptoKey, version: number | undefined, body: Body): object {
  const [plaintext, verifiedPlaintext] = readBytes(body, 'plaintext');
  const [aad, verifiedAad] = readBytes(body, 'additionalAuthenticatedData');
  if (plaintext.length === 0) throw badRequest('The plaintext field is required.');
  checkSizes(key, plaintext, aad);
  const number = version ?? key.effectivePrimary;
  if (number === 0) throw noPrimary(key.name);
  checkUsable(key, number);
  const ciphertext = key.seal(number, plaintext, aad);
  return json({
    name: key.versionName(number),
    ciphertext: ciphertext.toString('base64'),
    ciphertextCrc32c: String(crc32c(ciphertext)),
    verifiedPlaintextCrc32c: verifiedPlaintext,
    verifiedAdditionalAuthenticatedDataCrc32c: verifiedAad,
    protectionLevel: key.protectionLevel,
  });
}

/**
 * `DecryptResponse` has neither the version nor `verified_*`; its `used_primary` says whether the primary version decrypted:
 * google/cloud/kms/v1/service.proto.
 */
export function decrypt(key: CryptoKey, body: Body): object {
  const [ciphertext] = readBytes(body, 'ciphertext');
  const [aad] = readBytes(body, 'additionalAuthenticatedData');
  if (ciphertext.length === 0) throw badRequest('The ciphertext field is required.');
  const number = key.versionOf(ciphertext);
  checkUsable(key, number);
  const plaintext = key.unseal(number, ciphertext, aad);
  return json({
    plaintext: plaintext.toString('base64'),
    plaintextCrc32c: String(crc32c(plaintext)),
    usedPrimary: number === key.effectivePrimary,
    protectionLevel: key.protectionLevel,
  });
}

/** What was ordered, at once: reading is strongly consistent, other than using. */
export function getCryptoKey(key: CryptoKey): object {
  const { name, purpose, protectionLevel } = key;
  const algorithm =
    protectionLevel === 'EXTERNAL' ? 'EXTERNAL_SYMMETRIC_ENCRYPTION' : 'GOOGLE_SYMMETRIC_ENCRYPTION';
  const primary = key.versions.find(({ number }) => number === key.primary);
  const createTime = '2026-01-01T00:00:00.000000000Z';
  return json({
    name,
    primary: primary && {
      name: key.versionName(primary.number),
      state: primary.state,
      createTime,
      protectionLevel,
      algorithm,
    },
    purpose,
    createTime,
    versionTemplate: { protectionLevel, algorithm },
  });
}

function checkUsable(key: CryptoKey, number: number): void {
  const version = key.versionName(number);
  if (key.purpose !== 'ENCRYPT_DECRYPT') throw wrongPurpose(version, key.purpose);
  const state = key.effectiveState(number);
  if (state !== 'ENABLED') throw notEnabled(version, state);
}

function checkSizes({ protectionLevel }: CryptoKey, plaintext: Buffer, aad: Buffer): void {
  const tooLong =
    protectionLevel === 'HSM'
      ? plaintext.length + aad.length > MOST_HSM_BYTES
      : plaintext.length > MOST_BYTES || aad.length > MOST_BYTES;
  if (tooLong) throw badRequest('The plaintext or the additional authenticated data is too long.');
}

/** The bytes, and whether a checksum came with them; one that does not fit is refused. */
function readBytes(body: Body, field: string): [bytes: Buffer, verified: boolean] {
  const { [field]: text = '', [`${field}Crc32c`]: expected } = body;
  if (typeof text !== 'string') throw badRequest(`Invalid value at '${field}' (TYPE_BYTES).`);
  const bytes = Buffer.from(text, 'base64');
  if (expected === undefined) return [bytes, false];
  const snakeCase = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (expected !== String(crc32c(bytes))) throw checksumMismatch(snakeCase);
  return [bytes, true];
}

/** proto3 JSON leaves out what has its default value: protobuf.dev/programming-guides/json. */
function json(members: object): object {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => ![undefined, false, ''].includes(value as never)),
  );
}

/** Bit by bit, so that it shares nothing with the one under test. */
function crc32c(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
