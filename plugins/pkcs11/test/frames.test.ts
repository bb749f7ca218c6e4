import { jest } from '@jest/globals';
import { encodeFrame, FrameReader, type Frame } from '../src/frames.js';

const FRAMES: readonly Frame[] = [
  { id: 1, body: { op: 'wrap' }, parts: [Uint8Array.of(1, 2, 3), new Uint8Array(), Uint8Array.of(4)] },
  { id: 2, body: { ok: 'ü' }, parts: [] },
];
const wire = (): Buffer => Buffer.concat(FRAMES.map(encodeFrame));

function header(length: number, json: string): Buffer {
  const frame = Buffer.alloc(8 + json.length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(json.length, 4);
  frame.write(json, 8);
  return frame;
}

describe('frames', () => {
  it.each([1, 2, 3, 7, 64, 1000])('come back from chunks of %i bytes', (size) => {
    const [reader, bytes, frames] = [new FrameReader(), wire(), [] as Frame[]];
    for (let at = 0; at < bytes.length; at += size) {
      frames.push(...reader.take(Buffer.from(bytes.subarray(at, at + size))));
    }
    expect(frames).toEqual(FRAMES);
  });

  it('give parts that are buffers of their own, and leave the chunk zeroed', () => {
    const chunk = wire();
    const [first] = new FrameReader().take(chunk);
    expect(first?.parts[0]?.buffer.byteLength).toBe(3);
    expect(chunk.every((byte) => byte === 0)).toBe(true);
  });

  it('zero what they held of a plaintext once its rest has come', () => {
    const bytes = encodeFrame(FRAMES[0]!);
    const alloc = jest.spyOn(Buffer, 'alloc');
    const reader = new FrameReader();
    reader.take(Buffer.from(bytes.subarray(0, bytes.length - 1)));
    const held = alloc.mock.results.at(-1)?.value as Buffer;
    alloc.mockRestore();
    expect(held.includes(Buffer.of(1, 2, 3))).toBe(true);
    reader.take(Buffer.from(bytes.subarray(bytes.length - 1)));
    expect(held.every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['a frame that is too long', header(1024 * 1024 + 1, '')],
    ['a frame that is too short', header(3, '')],
    ['no JSON', header(4 + 3, '{a}')],
    ['no head', header(4 + 4, 'null')],
    ['an id that is no number', header(4 + 23, '{"id":"1","parts":[ ] }')],
    ['a part of negative length', header(4 + 21, '{"id":1,"parts":[-1] }')],
    ['a part that is longer than the frame', header(4 + 20, '{"id":1,"parts":[5]}')],
    [
      'something behind the parts',
      Buffer.concat([header(4 + 20, '{"id":1,"parts":[0]}').fill(25, 3, 4), Buffer.of(1)]),
    ],
  ])('are refused for %s', (_what, bytes) => {
    expect(() => new FrameReader().take(bytes)).toThrow();
  });
});
