import { splitByHand } from './by-hand.js';
import { HEADER_CHANGES } from './bad-headers.js';
import { segmentChanges } from './bad-segments.js';
import type { AcceptStream, RejectStream } from './types.js';

const hex = (text: string) => Buffer.from(text, 'hex');

const OTHER_ASSOCIATED_DATA: readonly (readonly [string, (right: Buffer) => Buffer])[] = [
  ['none', () => Buffer.alloc(0)],
  ['other', () => Buffer.from('invoice 4712')],
  ['one byte short', (right) => right.subarray(0, -1)],
  ['one byte long', (right) => Buffer.concat([right, Buffer.of(0)])],
  ['in another case', (right) => Buffer.from(right.toString().toUpperCase())],
];

/** All that can be done to streams of `accepts`. */
export function rejectedStreams(accepts: readonly AcceptStream[]): RejectStream[] {
  const named = (name: string) => accepts.find((vector) => vector.name === name)!;
  const first = named('150 bytes in segments of 64');
  const base = {
    ...splitByHand(hex(first.sealed)),
    dataKey: hex(first.data_key),
    associatedData: Buffer.alloc(0),
  };
  const other = splitByHand(hex(named('a second stream of the first data key').sealed));
  const changes = [...HEADER_CHANGES, ...segmentChanges({ base, other })].map(
    ([name, change, reason]): RejectStream => {
      const sealed = change(base).toString('hex');
      return { name, verdict: 'reject', sealed, associated_data: '', reason };
    },
  );
  const added = { ...first, associated_data: Buffer.from('x').toString('hex') };
  const extended = ['00', '00'.repeat(64), first.sealed.slice(-2 * 62)].map((more, index) => {
    const full = named('104 bytes in segments of 64');
    const what = ['a byte', 'a segment of zeros', 'a last segment of another stream'][index]!;
    return notAuthentic(`${what} behind a full last segment`, { ...full, sealed: full.sealed + more });
  });
  return [
    ...changes,
    ...extended,
    notAuthentic('associated data where there was none', added),
    ...rebound(named),
  ];
}

/** Right streams, opened with the wrong associated data. */
function rebound(named: (name: string) => AcceptStream): RejectStream[] {
  return ['associated data', 'no bytes, only associated data'].flatMap((name) => {
    const right = named(name);
    return OTHER_ASSOCIATED_DATA.map(([what, change]) =>
      notAuthentic(`${name}: ${what}`, {
        ...right,
        associated_data: change(hex(right.associated_data)).toString('hex'),
      }),
    );
  });
}

const notAuthentic = (
  name: string,
  { sealed, associated_data }: Pick<AcceptStream, 'sealed' | 'associated_data'>,
): RejectStream => ({ name, verdict: 'reject', sealed, associated_data, reason: 'not_authentic' });
