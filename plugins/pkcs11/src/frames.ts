/**
 * How the two processes talk: frames of JSON and raw bytes, so that each buffer that held a plaintext can be zeroed.
 *
 *     4 bytes  length of what follows, big-endian
 *     4 bytes  length of the JSON, big-endian
 *     JSON     { id, body, parts: the lengths of the parts }
 *     parts    one after the other
 */
export interface Frame {
  readonly id: number;
  readonly body: unknown;
  readonly parts: readonly Uint8Array[];
}

const LONGEST = 1024 * 1024;

/** A buffer of its own, to be zeroed once it is written. */
export function encodeFrame({ id, body, parts }: Frame): Buffer {
  const json = Buffer.from(JSON.stringify({ id, body, parts: parts.map((part) => part.length) }));
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const frame = Buffer.alloc(8 + json.length + bytes);
  frame.writeUInt32BE(4 + json.length + bytes, 0);
  frame.writeUInt32BE(json.length, 4);
  let at = 8 + json.copy(frame, 8);
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** Puts frames together again from chunks of any size. Each chunk is zeroed when it was taken in. */
export class FrameReader {
  #held = Buffer.alloc(0);

  /** @throws Error when the other side does not speak the protocol */
  take(chunk: Buffer): Frame[] {
    const held = Buffer.concat([this.#held, chunk]);
    chunk.fill(0);
    this.#held.fill(0);
    const frames: Frame[] = [];
    let at = 0;
    while (held.length - at >= 4) {
      const length = held.readUInt32BE(at);
      if (length < 4 || length > LONGEST) throw new Error('a frame of a wrong size');
      if (held.length - at - 4 < length) break;
      frames.push(decodeFrame(held.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    this.#held = Buffer.alloc(held.length - at);
    held.copy(this.#held, 0, at);
    held.fill(0);
    return frames;
  }
}

function decodeFrame(frame: Buffer): Frame {
  let at = 4 + frame.readUInt32BE(0);
  const head: unknown = JSON.parse(frame.toString('utf8', 4, at));
  if (!isHead(head)) throw new Error('a frame without a head');
  const parts = head.parts.map((length) => {
    const part = Uint8Array.from(frame.subarray(at, at + length));
    if (part.length !== length) throw new Error('a frame that is cut');
    at += length;
    return part;
  });
  if (at !== frame.length) throw new Error('a frame with something behind it');
  return { id: head.id, body: head.body, parts };
}

interface Head {
  readonly id: number;
  readonly body: unknown;
  readonly parts: readonly number[];
}

function isHead(head: unknown): head is Head {
  const { id, parts } = (head ?? {}) as Partial<Record<keyof Head, unknown>>;
  return (
    Number.isSafeInteger(id) &&
    Array.isArray(parts) &&
    parts.every((length) => Number.isSafeInteger(length) && length >= 0)
  );
}
