/** Reads a byte string from front to end. Every method throws a RangeError where the bytes are too few. */
export class ByteReader {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  take(length: number): Buffer {
    const end = this.offset + length;
    if (end > this.bytes.length) throw new RangeError('The bytes end too early.');
    const taken = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }

  uint8(): number {
    return this.take(1).readUInt8();
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  /** What was read so far. */
  get consumed(): Buffer {
    return this.bytes.subarray(0, this.offset);
  }

  /** @throws RangeError when bytes are left */
  end(): void {
    if (this.offset !== this.bytes.length) throw new RangeError('Bytes follow the end.');
  }
}
