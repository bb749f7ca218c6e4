import { createRequire } from 'node:module';
import type * as OpaWasm from '@open-policy-agent/opa-wasm';
import type { Clock } from '../clock.js';
import { checkedExports, ModuleMemory } from './abi.js';
import type { HostBuiltins } from './builtins/index.js';
import { PolicyHost } from './host.js';

// The ES module of the package lacks what its types declare; its CommonJS form has it.
const { LoadedPolicy } = createRequire(import.meta.url)('@open-policy-agent/opa-wasm') as typeof OpaWasm;

const PAGE_BYTES = 64 * 1024;
/** What opa-wasm starts with; a module grows its memory by itself. */
const INITIAL_PAGES = 5;
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

interface InstanceSettings {
  /** The document `data` as UTF-8 JSON, made by JSON.stringify: the module's own parser is not strict. */
  data: ArrayBuffer;
  maxMemoryBytes: number;
  builtins: HostBuiltins;
  clock: Clock;
}

/**
 * One instance of a policy module. After `evaluate` has thrown, the instance must not be used again: an aborted
 * evaluation leaves the module's stack pointer where it was, and some thousand of them use the stack up.
 */
export class PolicyInstance {
  readonly entrypoints: readonly string[];
  /** Names of the builtins that the module asks its host for. */
  readonly builtins: readonly string[];
  private readonly policy: OpaWasm.LoadedPolicy;
  private readonly evaluation = { nowNs: 0n };

  /** @throws anything that the module or its memory throws */
  constructor(
    module: WebAssembly.Module,
    private readonly settings: InstanceSettings,
  ) {
    const maximum = Math.floor(settings.maxMemoryBytes / PAGE_BYTES);
    const memory = new ModuleMemory(new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum }));
    const host = new PolicyHost(memory, settings.builtins, this.evaluation);
    const instance = new WebAssembly.Instance(module, host.imports());
    memory.exports = checkedExports(instance.exports);
    this.builtins = host.readNames();
    const minor = memory.exports.opa_wasm_abi_minor_version.value;
    this.policy = new LoadedPolicy({ instance, module }, memory.memory, minor);
    this.policy.setData(settings.data);
    this.entrypoints = Object.keys(this.policy.entrypoints as Record<string, number>);
  }

  /**
   * OPA's result set for one entry point. `input` is UTF-8 JSON made by JSON.stringify. The clock stands still
   * during an evaluation, as in OPA.
   */
  evaluate(entrypoint: string, input: ArrayBuffer): unknown {
    this.evaluation.nowNs = BigInt(Math.floor(this.settings.clock.now())) * NANOSECONDS_PER_MILLISECOND;
    return this.policy.evaluate(input, entrypoint) as unknown;
  }
}
