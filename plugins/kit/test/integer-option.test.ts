import { OptionReader } from 'kkp-plugin-kit';

const read = (options: unknown) => {
  const reader = new OptionReader(options);
  return { value: reader.integer('timeoutMs', { min: 1, max: 60 }, 5), faults: reader.faults() };
};

describe('a whole number among the options', () => {
  it.each([
    [{}, 5],
    [{ timeoutMs: 1 }, 1],
    [{ timeoutMs: 60 }, 60],
  ])('is read from %j as %j', (options, value) => {
    expect(read(options)).toEqual({ value, faults: [] });
  });

  it.each([0, 61, 1.5, -1, NaN, Infinity, '7', true, [7]])('is not %p', (timeoutMs) => {
    const faults = [{ path: 'timeoutMs', allowed: 'must be a whole number from 1 to 60' }];
    expect(read({ timeoutMs })).toEqual({ value: 5, faults });
  });
});
