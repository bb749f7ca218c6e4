import { joinByHand, sealSegment, type StreamParts } from './by-hand.js';
import type { Change } from './bad-headers.js';
import { seeded } from './data-keys.js';

/** A stream of four segments, and another of the same data key, lengths and associated data. */
export interface Pair {
  readonly base: StreamParts & { readonly dataKey: Buffer; readonly associatedData: Buffer };
  readonly other: StreamParts;
}

type Segments = readonly Buffer[];

const flip = (at: number) => (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy.writeUInt8(copy.readUInt8(index) ^ 1, index);
  return copy;
};

const change = (name: string, of: (segments: Segments) => Segments): Change => [
  name,
  (parts) => joinByHand({ ...parts, segments: of(parts.segments) }),
  'not_authentic',
];
const cut = (name: string, of: (bytes: Buffer) => Buffer): Change => [
  name,
  (parts) => of(joinByHand(parts)),
  'not_authentic',
];
const swapped = (segments: Segments, one: number, two: number) =>
  segments.map((segment, index) => segments[index === one ? two : index === two ? one : index] ?? segment);
const without = (segments: Segments, index: number) => segments.filter((_, at) => at !== index);
const each = (of: (index: number) => Change) => [0, 1, 2, 3].map(of);

const TAMPERED: readonly Change[] = [
  ...each((at) => change(`segment ${at}: a bit flipped`, (all) => all.with(at, flip(0)(all[at]!)))),
  ...each((at) =>
    change(`segment ${at}: a bit of its tag flipped`, (all) => all.with(at, flip(-1)(all[at]!))),
  ),
  ...each((at) => change(`segment ${at} left out`, (all) => without(all, at))),
  ...each((at) =>
    change(`segment ${at} twice`, (all) => all.flatMap((one, index) => (index === at ? [one, one] : [one]))),
  ),
  ...each((at) => change(`segment ${at} one byte short`, (all) => all.with(at, all[at]!.subarray(0, -1)))),
  ...[1, 2].map((count) => change(`cut after ${count} of 4 segments`, (all) => all.slice(0, count))),
  change('cut before segment 0', () => []),
  change('segments 1 and 2 swapped', (all) => swapped(all, 1, 2)),
  change('segments 2 and 3 swapped', (all) => swapped(all, 2, 3)),
  change('segments 0 and 1 swapped', (all) => swapped(all, 0, 1)),
  change('all segments backwards', (all) => all.toReversed()),
  cut('cut within the last tag', (bytes) => bytes.subarray(0, -10)),
  cut('cut to a tag in the last segment', (bytes) => bytes.subarray(0, -46)),
  cut('cut to less than a tag in the last segment', (bytes) => bytes.subarray(0, -50)),
  cut('a byte more', (bytes) => Buffer.concat([bytes, Buffer.of(0)])),
  cut('a tag of zeros more', (bytes) => Buffer.concat([bytes, Buffer.alloc(16)])),
  cut('filled up to whole segments with zeros', (bytes) => Buffer.concat([bytes, Buffer.alloc(2)])),
  cut('the whole stream twice', (bytes) => Buffer.concat([bytes, bytes])),
];

function mixed({ base, other }: Pair): Change[] {
  const jsonEnd = 10 + base.envelopeJson.length;
  return [
    ...each((at) => change(`segment ${at} of another stream`, (all) => all.with(at, other.segments[at]!))),
    change('the segments of another stream', () => other.segments),
    change('the end of another stream', (all) => [...all.slice(0, 2), ...other.segments.slice(2)]),
    ['the salt of another stream', () => joinByHand({ ...base, salt: other.salt }), 'not_authentic'],
    [
      'the nonce prefix of another stream',
      () => joinByHand({ ...base, prefix: other.prefix }),
      'not_authentic',
    ],
    cut('a bit of the salt flipped', flip(jsonEnd + 1)),
    cut('a bit of the nonce prefix flipped', flip(jsonEnd + 39)),
    cut('the other stream behind it', (bytes) => Buffer.concat([bytes, ...other.segments])),
  ];
}

/** What only one who holds the data key can make. */
function forged({ base }: Pair): Change[] {
  const forge = (plaintext: Buffer, index: number, last: boolean, over: Partial<Pair['base']> = {}) =>
    sealSegment({ ...base, ...over }, plaintext, index, last);
  const full = seeded('forged', 48);
  return [
    change('an empty last segment behind a full one', (all) => [
      ...all.slice(0, 3),
      forge(Buffer.alloc(0), 3, true),
    ]),
    change('a last segment not marked as the last', (all) => all.with(3, forge(full, 3, false))),
    change('a segment marked as the last before the last', (all) => all.with(2, forge(full, 2, true))),
    change('a segment behind the one marked as the last', (all) => [
      ...all.slice(0, 3),
      forge(full, 3, true),
      forge(full, 4, true),
    ]),
    change('numbers that begin at one', (all) =>
      all.map((one, at) => forge(Buffer.alloc(one.length - 16), at + 1, at === 3)),
    ),
    change('numbers that begin again', (all) => all.with(3, forge(full, 0, true))),
    change('segments under a key of twice the segment size', (all) =>
      all.map((one, at) => forge(Buffer.alloc(one.length - 16), at, at === 3, { exponent: 7 })),
    ),
    change('segments bound to other associated data', (all) =>
      all.map((one, at) =>
        forge(Buffer.alloc(one.length - 16), at, at === 3, { associatedData: Buffer.from('x') }),
      ),
    ),
  ];
}

/** What can be done to the segments. */
export const segmentChanges = (pair: Pair): Change[] => [...TAMPERED, ...mixed(pair), ...forged(pair)];
