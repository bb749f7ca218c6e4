import { createSecretKey, scrypt, type KeyObject } from 'node:crypto';
import { refuse } from './errors.js';
import type { Files } from './files.js';

/** The secret that opens a store: a file with a root key, or one with a passphrase. */
export interface RootFile {
  readonly kind: 'key' | 'passphrase';
  readonly file: string;
}

/** How a store makes its root key out of the secret. Not secret, and kept in the store. */
export type Derivation =
  | { readonly kind: 'key' }
  | {
      readonly kind: 'passphrase';
      /** scrypt (RFC 7914): log2 of the cost N, block size r, parallelisation p, salt in base64url. */
      readonly logN: number;
      readonly r: number;
      readonly p: number;
      readonly salt: string;
    };

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const BASE64URL_KEY = /^[A-Za-z0-9_-]{43}$/;
const LEAST_PASSPHRASE_BYTES = 16;
const MAX_FILE_BYTES = 1024;
const GROUP_AND_OTHERS = 0o077;
/** 128 MiB and about 0.4 s: the least that OWASP's Password Storage Cheat Sheet names. */
const SCRYPT = { logN: 17, r: 8, p: 1 } as const;
/** Who can write the store must not make its opening take hours or gigabytes. 512 MiB at most. */
const MAX_SCRYPT = { logN: 19, r: 8, p: 4 } as const;

export function newDerivation({ kind }: RootFile, random: { bytes(length: number): Uint8Array }): Derivation {
  if (kind === 'key') return { kind };
  return { kind, ...SCRYPT, salt: Buffer.from(random.bytes(SALT_BYTES)).toString('base64url') };
}

/** @throws KmsError `access-denied` of side `proxy` when the file is not fit for a secret, or holds none */
export async function readRoot(root: RootFile, derivation: Derivation, files: Files): Promise<KeyObject> {
  if (root.kind !== derivation.kind) throw refuse('root-kind');
  const { bytes, mode } = await files.read(root.file, MAX_FILE_BYTES + 2);
  try {
    if ((mode & GROUP_AND_OTHERS) !== 0) throw refuse('root-mode');
    return derivation.kind === 'key'
      ? keyIn(bytes)
      : await keyOfPassphrase(withoutLineEnd(bytes), derivation);
  } finally {
    bytes.fill(0);
  }
}

function keyIn(bytes: Uint8Array): KeyObject {
  const raw =
    bytes.length === KEY_BYTES ? bytes : decodeKey(Buffer.from(withoutLineEnd(bytes)).toString('latin1'));
  // A file of one byte repeated, such as zeros, was made by no generator.
  if (!raw || raw.every((byte) => byte === raw[0])) throw refuse('root-malformed');
  return createSecretKey(raw);
}

function decodeKey(text: string): Buffer | undefined {
  const raw = Buffer.from(text, 'base64url');
  return BASE64URL_KEY.test(text) && raw.toString('base64url') === text ? raw : undefined;
}

function keyOfPassphrase(
  passphrase: Uint8Array,
  { logN, r, p, salt }: Derivation & { kind: 'passphrase' },
): Promise<KeyObject> {
  const { length } = passphrase;
  if (length < LEAST_PASSPHRASE_BYTES || length > MAX_FILE_BYTES || passphrase.includes(0x0a)) {
    throw refuse('root-malformed');
  }
  if (!isBounded({ logN, r, p })) throw refuse('store-damaged');
  // scrypt needs 128 * N * r bytes and a little; the limit of Node's default is lower.
  const cost = { N: 2 ** logN, r, p, maxmem: 256 * r * 2 ** logN };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.from(salt, 'base64url'), KEY_BYTES, cost, (error, key) => {
      if (error) reject(error);
      else resolve(createSecretKey(key));
    });
  });
}

function isBounded(cost: Pick<Derivation & { kind: 'passphrase' }, 'logN' | 'r' | 'p'>): boolean {
  return (['logN', 'r', 'p'] as const).every(
    (name) => Number.isInteger(cost[name]) && cost[name] >= SCRYPT[name] && cost[name] <= MAX_SCRYPT[name],
  );
}

/** As editors and `echo` write it. A raw key is never cut: it is told by its length. */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? 2 : 1) : 0;
  return bytes.subarray(0, bytes.length - end);
}
