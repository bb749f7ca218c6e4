import { joinByHand, sealByHand } from './by-hand.js';
import { DATA_KEYS, canonical, seeded } from './data-keys.js';
import type { AcceptStream, DataKeyVector } from './types.js';

interface Message {
  readonly name: string;
  readonly length: number;
  readonly key?: DataKeyVector;
  readonly exponent?: number;
  readonly associatedData?: Buffer;
}

/** Segments of 64 bytes hold 8 bytes of plaintext in the first, 48 in each other. */
const LENGTHS = [0, 1, 7, 8, 9, 55, 56, 57, 104, 150];

const MESSAGES: readonly Message[] = [
  ...LENGTHS.map((length) => ({ name: `${length} bytes in segments of 64`, length })),
  { name: 'segment numbers beyond one byte', length: 8 + 48 * 259 },
  { name: 'segments of 128 bytes', length: 500, exponent: 7 },
  { name: 'segments of 4 KiB', length: 4096 - 56 + 1, exponent: 12 },
  { name: 'segments of 1 MiB', length: 100, exponent: 20 },
  { name: 'no bytes in segments of 1 MiB', length: 0, exponent: 20 },
  { name: 'a data key of 64 bytes', length: 60, key: DATA_KEYS.long },
  { name: 'associated data', length: 60, associatedData: Buffer.from('invoice 4711') },
  {
    name: 'associated data beyond ASCII',
    length: 60,
    associatedData: Buffer.from('gr\u00fc\u00dfe \u{1F511}'),
  },
  { name: 'associated data that is not text', length: 60, associatedData: Buffer.of(0, 255, 254) },
  { name: 'more associated data than HKDF takes', length: 60, associatedData: Buffer.alloc(5000, 'kkp') },
  { name: 'no bytes, only associated data', length: 0, associatedData: Buffer.from('invoice 4711') },
  { name: 'an envelope with associated data', length: 60, key: DATA_KEYS.bound },
  { name: 'an envelope with empty associated data', length: 60, key: DATA_KEYS.empty },
  { name: 'an envelope with characters to escape', length: 60, key: DATA_KEYS.special },
  { name: 'a second stream of the first data key', length: 150 },
  { name: 'the same bytes under another data key', length: 150, key: DATA_KEYS.second },
];

export const acceptedStreams = (): AcceptStream[] => MESSAGES.map(accepted);

function accepted({
  name,
  length,
  key = DATA_KEYS.first,
  exponent = 6,
  associatedData = Buffer.alloc(0),
}: Message): AcceptStream {
  const plaintext = seeded('plaintext', length);
  const [salt, prefix] = [seeded(`${name} salt`, 32), seeded(`${name} prefix`, 7)];
  const dataKey = Buffer.from(key.data_key, 'hex');
  const input = { envelopeJson: canonical(key.envelope), exponent, salt, prefix, dataKey, associatedData };
  return {
    name,
    verdict: 'accept',
    sealed: joinByHand(sealByHand(input, plaintext)).toString('hex'),
    associated_data: associatedData.toString('hex'),
    plaintext: plaintext.toString('hex'),
    data_key: key.data_key,
    salt: salt.toString('hex'),
    prefix: prefix.toString('hex'),
    segment_size: 2 ** exponent,
  };
}
