import { joinByHand, type StreamParts } from './by-hand.js';
import { DATA_KEYS, canonical } from './data-keys.js';
import type { StreamReason } from './types.js';

/** A name, what becomes of the stream, and the reason. */
export type Change = readonly [name: string, change: (parts: StreamParts) => Buffer, reason: StreamReason];

const edit =
  (change: (bytes: Buffer) => void) =>
  (parts: StreamParts): Buffer => {
    const bytes = joinByHand(parts);
    change(bytes);
    return bytes;
  };
const setByte = (at: number, value: number) => edit((bytes) => bytes.writeUInt8(value, at));
const setLength = (length: (right: number) => number) =>
  edit((bytes) => bytes.writeUInt32BE(length(bytes.readUInt32BE(6)), 6));
const cutAt = (end: (parts: StreamParts) => number) => (parts: StreamParts) =>
  joinByHand(parts).subarray(0, end(parts));

/** The stream with another text, or other bytes, for its envelope. */
const respell =
  (change: (text: string) => string | Buffer) =>
  (parts: StreamParts): Buffer => {
    const envelopeJson = Buffer.from(change(parts.envelopeJson.toString()) as string);
    return joinByHand({ ...parts, envelopeJson });
  };
const withMember = (change: (members: Record<string, unknown>) => object) =>
  respell((text) => JSON.stringify(change(JSON.parse(text) as Record<string, unknown>)));
const without = (name: string) =>
  withMember((members) => Object.fromEntries(Object.entries(members).filter(([each]) => each !== name)));

const MEMBERS = ['backend', 'ciphertext', 'encrypted_data_key', 'key_id', 'nonce'];
const jsonEnd = ({ envelopeJson }: StreamParts) => 10 + envelopeJson.length;

const FRAME: readonly Change[] = [
  ...[0, 1, 2, 3].map((at): Change => [`byte ${at} of the magic changed`, setByte(at, 0x21), 'bad_header']),
  ...[0, 2, 129, 255].map((v): Change => [`version ${v}`, setByte(4, v), 'unsupported_version']),
  ...[0, 5, 21, 70, 255].map((e): Change => [`segments of 2^${e} bytes`, setByte(5, e), 'bad_header']),
  ['segments of twice the size', setByte(5, 7), 'not_authentic'],
  ['segments marked as of 1 MiB', setByte(5, 20), 'not_authentic'],
  ['an envelope of no bytes', setLength(() => 0), 'bad_header'],
  ['an envelope of more than 64 KiB', setLength(() => 65_537), 'bad_header'],
  ['an envelope of 4 GiB', setLength(() => 0xffff_ffff), 'bad_header'],
  ['an envelope longer than the stream', setLength(() => 65_536), 'bad_header'],
  ['an envelope one byte short', setLength((right) => right - 1), 'bad_header'],
  ['an envelope one byte long', setLength((right) => right + 1), 'bad_header'],
  ['a length in little endian', edit((bytes) => bytes.subarray(6, 10).reverse()), 'bad_header'],
  ['nothing', () => Buffer.alloc(0), 'bad_header'],
  ...[1, 4, 5, 9, 10, 11].map((end): Change => [`cut after ${end} bytes`, cutAt(() => end), 'bad_header']),
  ['cut within the envelope', cutAt((parts) => jsonEnd(parts) - 1), 'bad_header'],
  ['cut after the envelope', cutAt(jsonEnd), 'bad_header'],
  ['cut within the salt', cutAt((parts) => jsonEnd(parts) + 20), 'bad_header'],
  ['cut one byte before the first segment', cutAt((parts) => jsonEnd(parts) + 39), 'bad_header'],
  ...[0, 24, 39, 41].map((length): Change => [
    `a stream header of ${length} bytes`,
    (parts) => setByte(jsonEnd(parts), length)(parts),
    'bad_header',
  ]),
];

const ENVELOPES: readonly Change[] = [
  ['white space in the envelope', respell((text) => text.replace(',', ', ')), 'bad_header'],
  ['white space after the envelope', respell((text) => `${text}\n`), 'bad_header'],
  ['a byte order mark before the envelope', respell((text) => `\ufeff${text}`), 'bad_header'],
  ['an escape that need not be', respell((text) => text.replace('eu', '\\u0065u')), 'bad_header'],
  ['a slash escaped', respell((text) => text.replace('/', '\\/')), 'bad_header'],
  ['a member twice', respell((text) => text.replace('{', '{"backend":"eu",')), 'bad_header'],
  ['members in another order', withMember(({ backend, ...rest }) => ({ ...rest, backend })), 'bad_header'],
  ['an envelope that is an array', respell((text) => `[${text}]`), 'bad_header'],
  ['an envelope that is a string', respell((text) => JSON.stringify(text)), 'bad_header'],
  ['an envelope that is not JSON', respell((text) => text.slice(0, -1)), 'bad_header'],
  [
    'an envelope not in UTF-8',
    respell((text) => Buffer.from(text.replace('eu', '\u00fc'), 'latin1')),
    'bad_header',
  ],
  ['a lone surrogate', respell((text) => text.replace('eu', '\\ud800')), 'bad_header'],
  ['an unknown member', withMember((members) => ({ ...members, version: '2' })), 'bad_header'],
  [
    'an unknown member named __proto__',
    respell((text) => text.replace('{', '{"__proto__":"",')),
    'bad_header',
  ],
  [
    'associated data that is null',
    withMember((members) => ({ associated_data: null, ...members })),
    'bad_header',
  ],
  ['a member that is a number', withMember((members) => ({ ...members, backend: 1 })), 'bad_header'],
  ...MEMBERS.map((name): Change => [`no ${name}`, without(name), 'bad_header']),
  ...MEMBERS.map((name): Change => [
    `another ${name}`,
    withMember((members) => ({ ...members, [name]: 'AAAA' })),
    'envelope_refused',
  ]),
  [
    'associated data added to the envelope',
    withMember((members) => ({ associated_data: '', ...members })),
    'envelope_refused',
  ],
  ['an envelope of a 16-byte key', respell(() => canonical(DATA_KEYS.short.envelope)), 'bad_header'],
  ['an envelope of nothing', respell(() => canonical(DATA_KEYS.none.envelope)), 'bad_header'],
  ['the envelope of another data key', respell(() => canonical(DATA_KEYS.second.envelope)), 'not_authentic'],
  ['the envelope of a longer data key', respell(() => canonical(DATA_KEYS.long.envelope)), 'not_authentic'],
];

/** What can be done to the header of any stream. */
export const HEADER_CHANGES: readonly Change[] = [...FRAME, ...ENVELOPES];
