/** ASCII `KKPS` and the version: how a stream begins. The layout is in ../../../FORMAT.md. */
export const MAGIC = Uint8Array.of(0x4b, 0x4b, 0x50, 0x53);
export const VERSION = 1;

/** Magic, version, size of a segment, length of the envelope. */
export const FRAME_BYTES = 10;
/** One byte of length, salt, nonce prefix. */
export const STREAM_HEADER_BYTES = 40;
export const SALT_BYTES = 32;
export const PREFIX_BYTES = 7;
export const TAG_BYTES = 16;

export const MAX_ENVELOPE_BYTES = 65_536;
/** Segments have 2^6 to 2^20 bytes. */
export const MIN_EXPONENT = 6;
export const MAX_EXPONENT = 20;

/** What stands before the segments of a stream. */
export interface StreamHeader {
  /** The envelope that holds the data key, as canonical JSON. */
  readonly envelopeJson: Uint8Array<ArrayBuffer>;
  /** A segment has 2^exponent bytes. */
  readonly exponent: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly prefix: Uint8Array<ArrayBuffer>;
}
