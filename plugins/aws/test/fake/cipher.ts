import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/*
 * A blob: key id (36 or 40 characters, after their length in one byte), material id (32 bytes), nonce (12),
 * ciphertext, GCM tag (16). All before the nonce is authenticated, with the encryption context.
 */
const MATERIAL_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type Context = Readonly<Record<string, string>> | undefined;

export interface Material {
  /** 64 hex digits. */
  readonly id: string;
  readonly key: Uint8Array;
}

export function newMaterial(): Material {
  return { id: randomBytes(32).toString('hex'), key: randomBytes(32) };
}

export function seal(keyId: string, { id, key }: Material, plaintext: Uint8Array, context: Context): Buffer {
  const head = Buffer.concat([Buffer.of(keyId.length), Buffer.from(keyId), Buffer.from(id, 'hex')]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(head, context));
  return Buffer.concat([head, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** What a blob says of itself in clear, or undefined when it is too short to say anything. */
export function readHead(blob: Buffer): { readonly keyId: string; readonly materialId: string } | undefined {
  const idEnd = 1 + (blob[0] ?? 0);
  if (blob.length < idEnd + MATERIAL_BYTES + NONCE_BYTES + TAG_BYTES) return undefined;
  const materialId = blob.toString('hex', idEnd, idEnd + MATERIAL_BYTES);
  return { keyId: blob.toString('latin1', 1, idEnd), materialId };
}

export function open(blob: Buffer, key: Uint8Array, context: Context): Buffer | undefined {
  const headEnd = 1 + (blob[0] ?? 0) + MATERIAL_BYTES;
  const nonceEnd = headEnd + NONCE_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(headEnd, nonceEnd))
    .setAAD(bound(blob.subarray(0, headEnd), context))
    .setAuthTag(blob.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(blob.subarray(nonceEnd, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Order does not matter, and an empty context is none: developerguide/encrypt_context.html */
function bound(head: Uint8Array, context: Context): Buffer {
  const pairs = Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([head, Buffer.from(JSON.stringify(pairs))]);
}
