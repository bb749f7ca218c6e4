import type { ModuleMemory } from './abi.js';
import type { Evaluation, HostBuiltin, HostBuiltins } from './builtins/index.js';

/** OPA's address of "undefined". */
const UNDEFINED = 0;

const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * What an OPA module imports. opa-wasm's own imports are not used: its dispatch prefers its own JavaScript builtins
 * (a back-tracking regex.split, a sprintf unlike OPA's), rounds integers over 2^53, lets a failing builtin abort the
 * evaluation, and prints to standard output.
 */
export class PolicyHost {
  /** The builtins that the module asks for, by its own numbers. Filled once it is instantiated. */
  private names = new Map<number, string>();

  constructor(
    private readonly memory: ModuleMemory,
    private readonly builtins: HostBuiltins,
    private readonly evaluation: Evaluation,
  ) {}

  /** Names of the builtins that the module asks for. */
  readNames(): string[] {
    const json = new TextDecoder().decode(this.memory.dump(this.memory.exports.builtins()));
    const numbers = Object.entries(JSON.parse(json) as Record<string, number>);
    this.names = new Map(numbers.map(([name, number]) => [number, name]));
    return [...this.names.values()];
  }

  imports(): Record<string, Record<string, WebAssembly.Memory | ((...values: number[]) => unknown)>> {
    const call = (number: number, _context: number, ...operands: number[]): number =>
      this.call(number, operands);
    return {
      env: {
        memory: this.memory.memory,
        opa_abort: (address: number): never => {
          throw new Error(this.memory.text(address));
        },
        opa_println: (): void => undefined,
        opa_builtin0: call,
        opa_builtin1: call,
        opa_builtin2: call,
        opa_builtin3: call,
        opa_builtin4: call,
      },
    };
  }

  private call(number: number, operands: readonly number[]): number {
    const name = this.names.get(number) ?? '';
    const builtin = this.builtins[name];
    if (builtin === undefined) {
      throw new Error(`the builtin ${name} is missing`);
    }
    const json = operands.map((value) => this.memory.dump(value));
    const answer = this.answer(builtin, json);
    if (answer instanceof Promise) {
      throw new Error(`the builtin ${name} is asynchronous`);
    }
    if (answer === undefined) {
      return UNDEFINED;
    }
    return this.memory.parse(typeof answer === 'bigint' ? String(answer) : JSON.stringify(answer));
  }

  /** A builtin that fails is undefined, as in OPA unless asked to be strict; the evaluation goes on. */
  private answer(builtin: HostBuiltin, operands: readonly Uint8Array[]): unknown {
    try {
      const texts = operands.map((json) => strict.decode(json));
      return builtin(texts, this.evaluation);
    } catch {
      return undefined;
    }
  }
}
