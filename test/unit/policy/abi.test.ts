import { checkedExports } from '../../../src/policy/abi.js';

const exportsOf = (major: number, minor: number) => ({
  opa_wasm_abi_version: { value: major },
  opa_wasm_abi_minor_version: { value: minor },
});

describe('the exports of a module', () => {
  it.each([
    [1, 0],
    [1, 1],
    [0, 9],
    [2, 0],
    [2, 3],
  ])('are refused with ABI %i.%i', (major, minor) => {
    expect(() => checkedExports(exportsOf(major, minor))).toThrow(
      `ABI ${major}.${minor}; 1.2 or a later 1.x`,
    );
  });

  it.each([{}, { opa_wasm_abi_version: { value: 1 } }, { memory: {} }])(
    'are refused when they are no policy’s: %j',
    (exports) => {
      expect(() => checkedExports(exports)).toThrow('not a policy that OPA compiled');
    },
  );

  it.each([
    [1, 2],
    [1, 3],
    [1, 4],
  ])('are taken with ABI %i.%i', (major, minor) => {
    const exports = exportsOf(major, minor);
    expect(checkedExports(exports)).toBe(exports);
  });
});
