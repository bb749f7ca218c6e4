import { cacheAgeMs } from '../src/cache-control.js';

describe('cacheAgeMs', () => {
  it.each([
    ['max-age=60', 60_000],
    ['public, max-age=300', 300_000],
    ['Max-Age=5 ,private', 5000],
    ['max-age="7"', 7000],
    ['max-age=0', 0],
    ['no-cache', 0],
    ['NO-STORE, max-age=60', 0],
    ['s-maxage=60', 300_000],
    ['x-max-age=60', 300_000],
    ['max-age=-1', 300_000],
    ['max-age=1.5', 300_000],
    ['max-age=', 300_000],
    ['max-age=1e9', 300_000],
    ['', 300_000],
    [null, 300_000],
  ])('reads %j as %d ms', (text, ageMs) => {
    expect(cacheAgeMs(text)).toBe(ageMs);
  });
});
