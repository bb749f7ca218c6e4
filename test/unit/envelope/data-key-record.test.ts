import fc from 'fast-check';
import { decodeDataKey, encodeRecord, type DataKeyRecord } from '../../../src/envelope/data-key-record.js';

const COMMITMENT = Buffer.alloc(32, 0xcc);
const label = fc.stringMatching(/^[\x21-\x7e]{1,128}$/);
const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((given) => Buffer.from(given));
const record: fc.Arbitrary<DataKeyRecord> = fc.record(
  {
    version: label,
    alg: label,
    sealed: fc.record({ nonce: bytes(12), box: bytes(48) }),
    blob: bytes(1, 600),
  },
  { requiredKeys: ['alg', 'blob'] },
);

const DIRECT: DataKeyRecord = { version: 'v7', alg: 'A', blob: Buffer.from('blob') };
const encoded = (given: DataKeyRecord) => Buffer.concat([encodeRecord(given), COMMITMENT]);

describe('the record of a data key', () => {
  it('has the documented bytes', () => {
    expect(encodeRecord(DIRECT).toString('hex')).toBe(
      '01' + '00' + '027637' + '0141' + '00000004' + '626c6f62',
    );
    const sealed = { nonce: Buffer.alloc(12, 0x0a), box: Buffer.alloc(48, 0x0b) };
    expect(encodeRecord({ alg: 'A', sealed, blob: Buffer.of(9) }).toString('hex')).toBe(
      '01' + '01' + '00' + '0141' + '0a'.repeat(12) + '0b'.repeat(48) + '00000001' + '09',
    );
  });

  it('reads back as it was, with the bytes that the commitment covers', () => {
    fc.assert(
      fc.property(record, (given) => {
        const decoded = decodeDataKey(encoded(given));
        expect(decoded.record).toEqual(given);
        expect(decoded.bytes.equals(encodeRecord(given))).toBe(true);
        expect(decoded.commitment.equals(COMMITMENT)).toBe(true);
      }),
    );
  });

  it('has one spelling: what is read from any bytes is written as the same bytes', () => {
    const mutated = fc.tuple(record, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([given, at, value]) => {
      const copy = encoded(given);
      copy.writeUInt8(value, at % copy.length);
      return copy;
    });
    fc.assert(
      fc.property(mutated, (given) => {
        let decoded;
        try {
          decoded = decodeDataKey(given);
        } catch {
          return;
        }
        expect(Buffer.concat([encodeRecord(decoded.record), decoded.commitment]).equals(given)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  const hex = (text: string) => Buffer.from(text + 'cc'.repeat(32), 'hex');
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a commitment alone', COMMITMENT],
    ['format 0', hex('00' + '00' + '00' + '0141' + '00000001' + '09')],
    ['format 2', hex('02' + '00' + '00' + '0141' + '00000001' + '09')],
    ['mode 2', hex('01' + '02' + '00' + '0141' + '00000001' + '09')],
    ['no algorithm', hex('01' + '00' + '00' + '00' + '00000001' + '09')],
    ['a space in the version', hex('01' + '00' + '0120' + '0141' + '00000001' + '09')],
    ['a byte beyond ASCII in the algorithm', hex('01' + '00' + '00' + '01c1' + '00000001' + '09')],
    ['a version over 128 bytes', hex('01' + '00' + '81' + '41'.repeat(129) + '0141' + '00000001' + '09')],
    ['an empty blob', hex('01' + '00' + '00' + '0141' + '00000000')],
    ['a blob over 128 KiB', hex('01' + '00' + '00' + '0141' + '00020001' + '09'.repeat(131_073))],
    ['a blob longer than what follows', hex('01' + '00' + '00' + '0141' + 'ffffffff' + '09')],
    ['a byte after the commitment', Buffer.concat([encoded(DIRECT), Buffer.of(0)])],
    ['a commitment one byte short', encoded(DIRECT).subarray(0, -1)],
    ['sealing without a data key', hex('01' + '01' + '00' + '0141' + '00000001' + '09')],
  ])('is refused with %s', (_what, given) => {
    expect(() => decodeDataKey(given)).toThrow(RangeError);
  });

  it('is read up to a blob of 128 KiB', () => {
    const given = { alg: 'A', blob: Buffer.alloc(131_072, 1) };
    expect(decodeDataKey(encoded(given)).record).toEqual(given);
  });
});
