import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatStreamVectors, makeStreamVectors } from './make-stream-vectors.js';
import { joinByHand, openByHand, splitByHand } from './streams/by-hand.js';
import type { AcceptStream, RejectStream, StreamVectorFile } from './streams/types.js';

const path = fileURLToPath(new URL('streams.json', import.meta.url));
const text = formatStreamVectors(makeStreamVectors());
if (process.env.UPDATE_VECTORS === '1') writeFileSync(path, text);

const file = JSON.parse(readFileSync(path, 'utf8')) as StreamVectorFile;
const accepts = file.cases.filter((vector): vector is AcceptStream => vector.verdict === 'accept');
const rejects = file.cases.filter((vector): vector is RejectStream => vector.verdict === 'reject');
const hex = (bytes: string) => Buffer.from(bytes, 'hex');

function open({ sealed, associated_data }: AcceptStream | RejectStream): Buffer {
  const envelope = splitByHand(hex(sealed)).envelopeJson.toString();
  const found = file.data_keys.find((each) => JSON.stringify(each.envelope) === envelope);
  return openByHand(hex(sealed), hex(found!.data_key), hex(associated_data));
}

describe('streams.json', () => {
  it('is what its generator makes', () => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('names each case once', () => {
    const names = file.cases.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has at least 25 streams that open and 100 that do not, all different', () => {
    expect(accepts.length).toBeGreaterThanOrEqual(25);
    expect(rejects.length).toBeGreaterThanOrEqual(100);
    const streams = file.cases.map(({ sealed, associated_data }) => `${sealed} ${associated_data}`);
    expect(new Set(streams).size).toBe(streams.length);
  });
});

describe('an independent reading of the format', () => {
  it.each(accepts)('opens: $name', (vector) => {
    expect(open(vector).toString('hex')).toBe(vector.plaintext);
    const parts = splitByHand(hex(vector.sealed));
    expect(joinByHand(parts).toString('hex')).toBe(vector.sealed);
    expect(parts.salt.toString('hex')).toBe(vector.salt);
    expect(parts.prefix.toString('hex')).toBe(vector.prefix);
    expect(2 ** parts.exponent).toBe(vector.segment_size);
  });

  // These are refused by rules about their form, which this reading does not check.
  const byRule = ['an empty last segment behind a full one', 'cut before segment 0'];
  const byCipher = rejects.filter(({ reason, name }) => reason === 'not_authentic' && !byRule.includes(name));
  it.each(byCipher)('does not open: $name', (vector) => {
    expect(() => open(vector)).toThrow(/authenticate|authentication tag/i);
  });

  it.each(byRule)('finds nothing wrong but the form: %s', (name) => {
    const parts = splitByHand(hex(rejects.find((vector) => vector.name === name)!.sealed));
    expect(parts.segments.at(-1)?.length ?? 0).toBeLessThanOrEqual(16);
  });
});
