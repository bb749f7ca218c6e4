import { createHash } from 'node:crypto';
import type { DataKeyVector } from './types.js';

/** `length` bytes that `seed` decides. */
export function seeded(seed: string, length: number): Buffer {
  const block = (index: number) =>
    createHash('sha256').update(`kkp stream vectors/${seed}/${index}`).digest();
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => block(index));
  return Buffer.concat(blocks).subarray(0, length);
}

/** Envelopes of the right form whose opening is by agreement: nothing about KKP's own format is tested here. */
function dataKey(name: string, length = 32, associatedData?: string): DataKeyVector {
  const text = (member: string, bytes: number) => seeded(`${name} ${member}`, bytes).toString('base64url');
  return {
    envelope: {
      ...(associatedData !== undefined && { associated_data: associatedData }),
      backend: 'eu',
      ciphertext: text('ciphertext', length + 16),
      encrypted_data_key: text('encrypted_data_key', 96),
      key_id: 'projects/p/keys/orders',
      nonce: text('nonce', 12),
    },
    data_key: seeded(`${name} data key`, length).toString('hex'),
  };
}

const SPECIAL = 'n\u00fcr \u65e5\u672c \u{1F600} "\\/\b\f\n\r\t\u0000\u001f\u007f\u2028';

export const DATA_KEYS = {
  first: dataKey('first'),
  second: dataKey('second'),
  long: dataKey('long', 64),
  bound: dataKey('bound', 32, 'order-1'),
  special: dataKey('special', 32, SPECIAL),
  empty: dataKey('empty', 32, ''),
  short: dataKey('short', 16),
  none: dataKey('none', 0),
} as const;

/** RFC 8785: the members above are in order already, and strings are escaped as JSON.stringify does. */
export const canonical = (envelope: object): Buffer => Buffer.from(JSON.stringify(envelope));
