import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ConfigError } from '../config-error.js';
import type { Random } from '../random.js';
import { codeOf } from './data-dir.js';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const GROUP_AND_OTHERS = 0o077;

/**
 * Reads the key that seals what is secret in a store.
 * @throws ConfigError when the file is not exactly 32 bytes, or others than its owner may use it
 */
export function readSealKey(path: string): KeyObject {
  const bytes = Buffer.alloc(KEY_BYTES + 1);
  try {
    const length = readFirst(path, bytes);
    if (length !== KEY_BYTES || bytes.every((byte, at) => at >= KEY_BYTES || byte === bytes[0])) {
      throw fault('it does not hold a key. Allowed: exactly 32 random bytes (openssl rand -out FILE 32)');
    }
    return createSecretKey(bytes.subarray(0, KEY_BYTES));
  } finally {
    bytes.fill(0);
  }
}

function readFirst(path: string, into: Buffer): number {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    if ((fstatSync(handle).mode & GROUP_AND_OTHERS) !== 0) {
      throw fault('others than its owner may use it. Allowed: a file of mode 0600 or 0400');
    }
    return readSync(handle, into, 0, into.length, 0);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fault(`it cannot be read (${codeOf(error)})`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

const fault = (text: string): ConfigError => new ConfigError([`The seal key file: ${text}.`]);

/** AES-256-GCM: one byte of version, 12 of nonce, 16 of tag, then the ciphertext. `name` is bound to it. */
export function seal(key: KeyObject, name: string, plaintext: Uint8Array, random: Random): Buffer {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bound(name));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ciphertext]);
}

/** What was sealed under the name; the caller overwrites it after use. Undefined when it is not that, or the key is another. */
export function unseal(key: KeyObject, name: string, sealed: Uint8Array): Buffer | undefined {
  const head = 1 + NONCE_BYTES + TAG_BYTES;
  if (sealed.length < head || sealed[0] !== VERSION) return undefined;
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound(name)).setAuthTag(sealed.subarray(1 + NONCE_BYTES, head));
  const plaintext = decipher.update(sealed.subarray(head));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

const bound = (name: string): Buffer => Buffer.from(`kkp-seal-v${VERSION}:${name}`, 'utf8');
