import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64url } from '../../base64url.js';
import type { Random } from '../../random.js';

const KEY = /^kkp_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
const HASH = /^hmac-sha256:([A-Za-z0-9_-]{22}):([A-Za-z0-9_-]{43})$/;
const [ID_BYTES, SECRET_BYTES, SALT_BYTES] = [8, 32, 16];

export const ID = /^[0-9a-f]{16}$/;

/** An API key as its holder has it, and what is kept of it. */
interface MadeKey {
  /** `kkp_<id>_<secret>`: 8 random bytes in hex, which are no secret, and 32 in base64url, which are. */
  readonly key: string;
  readonly id: string;
  readonly hash: string;
}

export function makeKey(random: Random): MadeKey {
  const id = random.bytes(ID_BYTES).toString('hex');
  const key = `kkp_${id}_${random.bytes(SECRET_BYTES).toString('base64url')}`;
  const salt = random.bytes(SALT_BYTES);
  return {
    key,
    id,
    hash: `hmac-sha256:${salt.toString('base64url')}:${mac(key, salt).toString('base64url')}`,
  };
}

/** The id in a text that reads like an API key. */
export const idOf = (key: string): string | undefined => KEY.exec(key)?.[1];

/**
 * The kept form of a key: HMAC-SHA-256 of the whole key under a salt of its own. Stretching (scrypt, Argon2) is for secrets
 * that can be guessed; of 256 random bits there is nothing to guess, and it would let strangers spend KKP's time.
 */
export interface KeyHash {
  readonly salt: Buffer;
  readonly mac: Buffer;
}

/** The parts of a kept hash `hmac-sha256:<salt>:<mac>`; undefined for any other text. */
export function readHash(text: string): KeyHash | undefined {
  const [, salt, mac] = (HASH.exec(text) ?? []).map((part) => decodeBase64url(part));
  return salt && mac && { salt, mac };
}

export const matches = (key: string, hash: KeyHash): boolean =>
  timingSafeEqual(mac(key, hash.salt), hash.mac);

const mac = (key: string, salt: Buffer): Buffer => createHmac('sha256', salt).update(key).digest();
