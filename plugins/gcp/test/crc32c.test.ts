import { crc32c } from '../src/crc32c.js';

/** An iSCSI SCSI Read (10) command PDU. */
const READ_10 =
  '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' + '0200000000000000';

describe('crc32c', () => {
  // The CRC of RFC 3720 section B.4, whose bytes are in the order of the wire.
  it.each([
    ['32 bytes of zeros', Buffer.alloc(32), 'aa36918a'],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), '43aba862'],
    ['32 bytes that count up', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), '4e79dd46'],
    ['32 bytes that count down', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), '5cdb3f11'],
    ['a SCSI read command', Buffer.from(READ_10, 'hex'), '563a96d9'],
  ])('of %s is that of RFC 3720', (_what, bytes, onTheWire) => {
    const expected = Buffer.alloc(4);
    expected.writeUInt32LE(crc32c(bytes));
    expect(expected.toString('hex')).toBe(onTheWire);
  });

  it('of nothing is 0, and of "123456789" the check value of the catalogue', () => {
    expect(crc32c(new Uint8Array())).toBe(0);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });
});
