import type { Call } from 'kkp-plugin-kit';
import { crc32c } from './crc32c.js';
import { damagedAnswer, strangeAnswer } from './errors.js';
import { members } from './failure.js';
import type { GoogleHttp, JsonObject } from './http.js';
import { versionOf } from './key-id.js';

interface Encrypted {
  readonly ciphertext: Uint8Array;
  /** The version that encrypted. */
  readonly version: string;
}

interface Decrypted {
  /** A fresh copy. */
  readonly plaintext: Uint8Array;
  readonly usedPrimary: boolean;
}

/** The parts of a CryptoKey that are used, as Cloud KMS names them. Only `name` was checked. */
export interface CryptoKey {
  readonly purpose: unknown;
  readonly primary:
    | {
        readonly version: string;
        readonly state: unknown;
        readonly algorithm: unknown;
        readonly protectionLevel: unknown;
      }
    | undefined;
}

/**
 * The three calls of Cloud KMS that KKP needs, each one request. Bytes go and come with their CRC-32C; what does not fit is
 * discarded (https://cloud.google.com/kms/docs/data-integrity-guidelines). Key ids were checked before.
 */
export class KmsClient {
  readonly #http: GoogleHttp;

  constructor(http: GoogleHttp) {
    this.#http = http;
  }

  async authorize(call: Call): Promise<void> {
    await this.#http.authorize(call);
  }

  async encrypt(
    keyId: string,
    plaintext: Uint8Array,
    aad: Uint8Array | undefined,
    call: Call,
  ): Promise<Encrypted> {
    const body = { plaintext: encode(plaintext), plaintextCrc32c: checksum(plaintext), ...aadOf(aad) };
    const answer = await this.#http.send({ operation: 'encrypt', path: `${keyId}:encrypt`, body }, call);
    if (answer.verifiedPlaintextCrc32c !== true) throw damagedAnswer('verifiedPlaintextCrc32c');
    if (aad && answer.verifiedAdditionalAuthenticatedDataCrc32c !== true) {
      throw damagedAnswer('verifiedAdditionalAuthenticatedDataCrc32c');
    }
    const ciphertext = takeBytes(answer, 'ciphertext');
    const version = versionOf(keyId, answer.name);
    if (ciphertext.length === 0) throw strangeAnswer('ciphertext');
    if (version === undefined) throw strangeAnswer('name: it is not a version of the asked key');
    return { ciphertext, version };
  }

  /** Cloud KMS verifies what it got and does not say so: `DecryptResponse` has no `verified_*`. */
  async decrypt(
    keyId: string,
    ciphertext: Uint8Array,
    aad: Uint8Array | undefined,
    call: Call,
  ): Promise<Decrypted> {
    const body = { ciphertext: encode(ciphertext), ciphertextCrc32c: checksum(ciphertext), ...aadOf(aad) };
    const answer = await this.#http.send({ operation: 'decrypt', path: `${keyId}:decrypt`, body }, call);
    return { plaintext: takeBytes(answer, 'plaintext'), usedPrimary: answer.usedPrimary === true };
  }

  /** Counts for the quota of 300 reads in a minute. */
  async getCryptoKey(keyId: string, call: Call): Promise<CryptoKey> {
    const answer = await this.#http.send({ operation: 'describe', path: keyId }, call);
    if (answer.name !== keyId) throw strangeAnswer('name: it is not the asked key');
    const { purpose, primary } = answer;
    if (primary === undefined) return { purpose, primary };
    const { name, state, algorithm, protectionLevel } = members(primary);
    const version = versionOf(keyId, name);
    if (version === undefined) throw strangeAnswer('primary.name');
    return { purpose, primary: { version, state, algorithm, protectionLevel } };
  }
}

function aadOf(aad: Uint8Array | undefined): Record<string, string> {
  if (!aad) return {};
  return { additionalAuthenticatedData: encode(aad), additionalAuthenticatedDataCrc32c: checksum(aad) };
}

/** Bytes of an answer as a copy, if their checksum fits. In proto3 JSON a member that is empty is left out. */
function takeBytes(answer: JsonObject, field: 'plaintext' | 'ciphertext'): Uint8Array {
  const { [field]: text = '', [`${field}Crc32c`]: expected } = answer;
  if (typeof text !== 'string') throw strangeAnswer(field);
  const decoded = Buffer.from(text, 'base64');
  try {
    if (decoded.toString('base64') !== text) throw strangeAnswer(field);
    // An int64 is a string in proto3 JSON.
    if (checksum(decoded) !== expected) throw damagedAnswer(`${field}Crc32c`);
    return Uint8Array.from(decoded);
  } finally {
    decoded.fill(0);
  }
}

const checksum = (bytes: Uint8Array): string => String(crc32c(bytes));

const encode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
