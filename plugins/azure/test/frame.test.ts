import { frame, unframe } from '../src/frame.js';

const random = (length: number) => new Uint8Array(length).fill(7);

describe('the frame of A256KW', () => {
  it.each([1, 5, 6, 7, 14, 32, 256])('gives %i bytes back, in whole blocks', (length) => {
    const plaintext = new Uint8Array(length).fill(1);
    const framed = frame(plaintext, random);
    expect(framed.length % 8).toBe(0);
    expect(unframe(framed)).toEqual(plaintext);
  });

  it.each([
    ['too short for a header', () => new Uint8Array(16)],
    ['a length beyond the end', () => frame(new Uint8Array(32), random).fill(0xff, 16, 18)],
    [
      'a length that leaves a block over',
      () => Uint8Array.of(...frame(new Uint8Array(6), random), ...new Uint8Array(8)),
    ],
    ['padding that is not zero', () => frame(new Uint8Array(1), random).fill(1, -1)],
  ])('refuses %s', (_, make) => {
    expect(unframe(make())).toBeUndefined();
  });
});
