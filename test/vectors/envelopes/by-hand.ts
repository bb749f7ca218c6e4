import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import type { AcceptVector } from './types.js';

/**
 * Format v1 read a second time, from its description alone: nothing of src is used, HKDF is two HMACs, and no check
 * is made but the cipher's own. What it finds can be compared with what a vector says.
 */
export function openByHand({ envelope, mode, kms_aad, payload_aad }: AcceptVector, kek: Buffer) {
  const record = Buffer.from(envelope.encrypted_data_key, 'base64url');
  const nonce = Buffer.from(envelope.nonce, 'base64url');
  const versionEnd = 3 + record[2]!;
  let at = versionEnd + 1 + record[versionEnd]!;
  const sealNonce = record.subarray(at, at + 12);
  const box = record.subarray(at + 12, at + 60);
  if (record[1] === 1) at += 60;
  const blobEnd = at + 4 + record.readUInt32BE(at);
  const blob = record.subarray(at + 4, blobEnd);

  const kmsAad = Buffer.from(kms_aad, 'hex');
  const wrapped = gcm(
    kek,
    blob.subarray(0, 12),
    blob.subarray(12),
    mode === 'direct' ? kmsAad : Buffer.alloc(0),
  );
  const dataKey = mode === 'direct' ? wrapped : gcm(wrapped, sealNonce, box, kmsAad);
  const prk = hmac(nonce, dataKey);
  const expand = (...info: (string | Buffer)[]) =>
    hmac(prk, Buffer.concat([...info.map((part) => Buffer.from(part as string)), Buffer.of(1)]));
  const contentKey = expand('kkp/v1/content-key');
  const commitment = expand('kkp/v1/commitment', sha256(record.subarray(0, blobEnd)));
  return {
    format: record[0],
    mode: record[1] === 1 ? 'sealed' : 'direct',
    dataKey: dataKey.toString('hex'),
    innerKey: wrapped.toString('hex'),
    commitment: commitment.toString('hex'),
    storedCommitment: record.subarray(blobEnd).toString('hex'),
    plaintext: gcm(
      contentKey,
      nonce,
      Buffer.from(envelope.ciphertext, 'base64url'),
      Buffer.from(payload_aad, 'hex'),
    ).toString('hex'),
  };
}

const hmac = (key: Buffer, data: Buffer) => createHmac('sha256', key).update(data).digest();
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();

function gcm(key: Buffer, nonce: Buffer, sealed: Buffer, aad: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}
