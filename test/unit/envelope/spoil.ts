import type { Envelope } from '../../../src/envelope/envelope-codec.js';
import { publicError } from './setup.js';

/** The binary members of an envelope. */
export const MEMBERS = ['ciphertext', 'nonce', 'encrypted_data_key'] as const;
export type Member = (typeof MEMBERS)[number];

/** The envelope once for each bit of the member that `bitsOf` names, with that bit flipped. */
export function flips(envelope: Envelope, member: Member): Envelope[] {
  const bytes = Buffer.from(envelope[member], 'base64url');
  return bitsOf(envelope.backend, bytes.length).map((bit) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return { ...envelope, [member]: copy.toString('base64url') };
  });
}

/** Every bit on the stand-ins; on the emulations, which take their time, one bit of every byte. */
function bitsOf(backend: string, length: number): number[] {
  if (backend === 'direct' || backend === 'sealed')
    return Array.from({ length: length * 8 }, (_, bit) => bit);
  return Array.from({ length }, (_, byte) => byte * 8 + (byte % 8));
}

/** The envelope with the member cut to each length that is too short. */
export function cuts(envelope: Envelope, member: Member): Envelope[] {
  const bytes = Buffer.from(envelope[member], 'base64url');
  return Array.from({ length: bytes.length }, (_, length) => ({
    ...envelope,
    [member]: bytes.subarray(0, length).toString('base64url'),
  }));
}

/** How often each answer came. */
export async function outcomes(
  envelopes: Iterable<Envelope>,
  use: (envelope: Envelope) => Promise<unknown>,
): Promise<[string, number][]> {
  const counts = new Map<string, number>();
  for (const envelope of envelopes) {
    const outcome = JSON.stringify(await publicError(use(envelope)));
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return [...counts];
}
