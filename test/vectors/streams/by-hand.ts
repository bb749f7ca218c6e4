import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';

/** The parts that sdk/kkp/FORMAT.md names. */
export interface StreamParts {
  readonly envelopeJson: Buffer;
  readonly exponent: number;
  readonly salt: Buffer;
  readonly prefix: Buffer;
  readonly segments: readonly Buffer[];
}

interface StreamInput extends Omit<StreamParts, 'segments'> {
  readonly dataKey: Buffer;
  readonly associatedData: Buffer;
}

const TAG = 16;
const STREAM_HEADER = 40;

/** sdk/kkp/FORMAT.md read a second time, from its text alone: nothing of an SDK is used, and HKDF is two HMACs. */
export function sealByHand(input: StreamInput, plaintext: Buffer): StreamParts {
  const size = 2 ** input.exponent;
  const ends = [size - STREAM_HEADER - TAG];
  while (ends.at(-1)! < plaintext.length) ends.push(ends.at(-1)! + size - TAG);
  const segments = ends.map((end, index) => {
    const piece = plaintext.subarray(ends[index - 1] ?? 0, end);
    return sealSegment(input, piece, index, index === ends.length - 1);
  });
  return { ...input, segments };
}

export function sealSegment(input: StreamInput, plaintext: Buffer, index: number, last: boolean): Buffer {
  const cipher = createCipheriv('aes-256-gcm', streamKey(input), segmentNonce(input.prefix, index, last));
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Opens without any check but the cipher's own; throws for a stream that is not genuine. */
export function openByHand(sealed: Buffer, dataKey: Buffer, associatedData: Buffer): Buffer {
  const parts = splitByHand(sealed);
  const key = streamKey({ ...parts, dataKey, associatedData });
  return Buffer.concat(
    parts.segments.map((segment, index) => {
      const nonce = segmentNonce(parts.prefix, index, index === parts.segments.length - 1);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(segment.subarray(-TAG));
      return Buffer.concat([decipher.update(segment.subarray(0, -TAG)), decipher.final()]);
    }),
  );
}

export function splitByHand(sealed: Buffer): StreamParts {
  const exponent = sealed.readUInt8(5);
  const jsonEnd = 10 + sealed.readUInt32BE(6);
  const segments: Buffer[] = [];
  for (let start = jsonEnd + STREAM_HEADER, end = jsonEnd; start < sealed.length; start = end) {
    end += 2 ** exponent;
    segments.push(sealed.subarray(start, end));
  }
  return {
    exponent,
    envelopeJson: sealed.subarray(10, jsonEnd),
    salt: sealed.subarray(jsonEnd + 1, jsonEnd + 33),
    prefix: sealed.subarray(jsonEnd + 33, jsonEnd + STREAM_HEADER),
    segments,
  };
}

export function joinByHand({ envelopeJson, exponent, salt, prefix, segments }: StreamParts): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(envelopeJson.length);
  const header = [Buffer.from('KKPS'), Buffer.of(1, exponent), length, envelopeJson];
  return Buffer.concat([...header, Buffer.of(STREAM_HEADER), salt, prefix, ...segments]);
}

function segmentNonce(prefix: Buffer, index: number, last: boolean): Buffer {
  const tail = Buffer.alloc(5, Number(last));
  tail.writeUInt32BE(index);
  return Buffer.concat([prefix, tail]);
}

function streamKey({ dataKey, salt, exponent, associatedData }: StreamInput): Buffer {
  const digest = createHash('sha256').update(associatedData).digest();
  const prk = createHmac('sha256', salt).update(dataKey).digest();
  const info = [Buffer.from('KKPS'), Buffer.of(1, exponent), digest];
  return createHmac('sha256', prk)
    .update(Buffer.concat([...info, Buffer.of(1)]))
    .digest();
}
