import type { Envelope } from '../../../src/envelope/envelope-codec.js';
import type { AcceptVector, RejectVector } from './types.js';

type Change = (envelope: Envelope, other: Envelope) => Envelope;
type Binary = 'ciphertext' | 'nonce' | 'encrypted_data_key';

const edit =
  (member: Binary, change: (bytes: Buffer) => Buffer): Change =>
  (envelope) => ({
    ...envelope,
    [member]: change(Buffer.from(envelope[member], 'base64url')).toString('base64url'),
  });

const respell =
  (member: Binary, change: (text: string) => string): Change =>
  (envelope) => ({ ...envelope, [member]: change(envelope[member]) });

/** Flips the lowest bit of the byte at `index`; from the end when negative. */
const flip = (index: number) => (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  const at = index < 0 ? copy.length + index : index;
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
};
const set = (index: number, value: number) => (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(value, index);
  return copy;
};
const cut = (start: number, end?: number) => (bytes: Buffer) => Buffer.from(bytes.subarray(start, end));
const append = (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)]);

/** Another text that a lenient decoder reads as the same bytes: sets a bit that no byte has. */
const strayBit = (text: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.length % 4 === 0
    ? `${text}A`
    : text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) ^ 1]!;
};

const MEMBERS: readonly Binary[] = ['ciphertext', 'nonce', 'encrypted_data_key'];

/** What can be done to any envelope. */
const CHANGES: readonly (readonly [string, Change])[] = [
  ...MEMBERS.flatMap((member): [string, Change][] => [
    [`${member} empty`, (envelope) => ({ ...envelope, [member]: '' })],
    [`${member} with its first bit flipped`, edit(member, flip(0))],
    [`${member} with its last bit flipped`, edit(member, flip(-1))],
    [`${member} one byte short`, edit(member, cut(0, -1))],
    [`${member} with a byte more`, edit(member, append)],
    [`${member} padded`, respell(member, (text) => `${text}=`)],
    [`${member} with a line break`, respell(member, (text) => `${text}\n`)],
    [`${member} spelled with a stray bit`, respell(member, strayBit)],
    [`${member} of another message`, (envelope, other) => ({ ...envelope, [member]: other[member] })],
  ]),
  ['tag cut off', edit('ciphertext', cut(0, -16))],
  ['tag alone', edit('ciphertext', cut(-16))],
  ['nonce of 16 bytes', edit('nonce', (bytes) => Buffer.concat([bytes, Buffer.alloc(4)]))],
  ['format 129', edit('encrypted_data_key', set(0, 129))],
  ['format 2', edit('encrypted_data_key', set(0, 2))],
  ['the other mode', edit('encrypted_data_key', flip(1))],
  ['mode 2', edit('encrypted_data_key', set(1, 2))],
  ['a version label longer than the record', edit('encrypted_data_key', set(2, 255))],
  ['commitment cut off', edit('encrypted_data_key', cut(0, -32))],
  [
    'commitment of zeros',
    edit('encrypted_data_key', (bytes) => Buffer.concat([bytes.subarray(0, -32), Buffer.alloc(32)])),
  ],
  ['last bit of the blob flipped', edit('encrypted_data_key', flip(-33))],
  ['other associated data', (envelope) => ({ ...envelope, associated_data: 'order-2' })],
  [
    'commitment of another message',
    (envelope, other) => {
      const [mine, theirs] = [envelope, other].map((each) =>
        Buffer.from(each.encrypted_data_key, 'base64url'),
      );
      const bytes = Buffer.concat([mine!.subarray(0, -32), theirs!.subarray(-32)]);
      return { ...envelope, encrypted_data_key: bytes.toString('base64url') };
    },
  ],
];

function withoutAssociatedData(envelope: Envelope): Envelope {
  const { backend, key_id, ciphertext, nonce, encrypted_data_key } = envelope;
  return { backend, key_id, ciphertext, nonce, encrypted_data_key };
}

/** What can be done to the two envelopes that differ in having empty associated data. */
function swaps(accepts: readonly AcceptVector[]): RejectVector[] {
  return accepts.flatMap(({ name, envelope }) => {
    if (envelope.associated_data === undefined) {
      return [reject(`${name}; empty associated data added`, { ...envelope, associated_data: '' })];
    }
    return [reject(`${name}; associated data removed`, withoutAssociatedData(envelope))];
  });
}

const reject = (name: string, envelope: Envelope): RejectVector => ({ name, verdict: 'reject', envelope });

export function rejectedEnvelopes(accepts: readonly AcceptVector[]): RejectVector[] {
  const changed = (['direct', 'sealed'] as const).flatMap((mode) => {
    const [other, base] = accepts.filter(
      (vector) => vector.mode === mode && vector.name.includes('associated data'),
    );
    return CHANGES.map(([what, change]) =>
      reject(`${base!.name}; ${what}`, change(base!.envelope, other!.envelope)),
    );
  });
  return [...changed, ...swaps(accepts)];
}
