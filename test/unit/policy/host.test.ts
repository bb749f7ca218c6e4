import { ModuleMemory } from '../../../src/policy/abi.js';
import { PolicyHost } from '../../../src/policy/host.js';

describe('the imports of a module', () => {
  const memory = new ModuleMemory(new WebAssembly.Memory({ initial: 1 }));
  const env = new PolicyHost(memory, {}, { nowNs: 0n }).imports().env as Record<
    string,
    (address: number) => unknown
  >;

  beforeAll(() => {
    new Uint8Array(memory.memory.buffer).set(Buffer.from('grüße\0'), 64);
  });

  it('keep quiet when a module prints', () => {
    const { log } = console;
    const printed: unknown[] = [];
    try {
      console.log = (...args) => printed.push(args);
      env.opa_println!(64);
    } finally {
      console.log = log;
    }
    expect(printed).toEqual([]);
  });

  it('end the evaluation with the module’s own words, as UTF-8, when it aborts', () => {
    expect(() => env.opa_abort!(64)).toThrow(new Error('grüße'));
  });

  it.each(['opa_builtin0', 'opa_builtin1', 'opa_builtin2', 'opa_builtin3', 'opa_builtin4'])(
    'end the evaluation when %s is asked for a builtin that is not there',
    (name) => {
      expect(() => env[name]!(7)).toThrow('is missing');
    },
  );
});
