import { systemClock, type Clock } from '../clock.js';
import { hostBuiltins, type HostBuiltins } from './builtins/index.js';
import { denied, readResultSet, type Decision, type Verdict } from './decision.js';
import type { PolicyInput } from './input.js';
import { PolicyInstance } from './instance.js';
import { jsonBytes } from './json-bytes.js';
import { faultText, PolicyLoadError } from './load-error.js';

/** A policy ready to be loaded: the module, its data, and the name of this version. */
export interface PolicySource {
  wasm: Uint8Array;
  data: Readonly<Record<string, unknown>>;
  revision: string;
}

export interface EngineOptions {
  /** Slash path of the decision. */
  entrypoint: string;
  /** Longest input in bytes of JSON; a longer one is denied. */
  maxInputBytes: number;
  /** Most memory of the module, data included. */
  maxMemoryBytes: number;
  clock?: Clock;
  builtins?: HostBuiltins;
}

/** One immutable policy. It decides at once, never throws, and denies whenever it cannot be sure. */
export class PolicyEngine {
  readonly revision: string;
  private instance: PolicyInstance | undefined;

  private constructor(
    private readonly create: () => PolicyInstance,
    private readonly options: EngineOptions,
    source: PolicySource,
  ) {
    this.revision = source.revision;
  }

  /** @throws PolicyLoadError when the module is not a policy that can be evaluated here */
  static async load(source: PolicySource, options: EngineOptions): Promise<PolicyEngine> {
    const { maxMemoryBytes, clock = systemClock, builtins = hostBuiltins } = options;
    const data = jsonBytes(source.data);
    try {
      const module = await WebAssembly.compile(new Uint8Array(source.wasm));
      const create = (): PolicyInstance =>
        new PolicyInstance(module, { data, maxMemoryBytes, builtins, clock });
      const engine = new PolicyEngine(create, options, source);
      engine.instance = prove(create(), options.entrypoint, builtins);
      return engine;
    } catch (error) {
      throw new PolicyLoadError(faultText(error), { cause: error });
    }
  }

  decide(input: PolicyInput): Decision {
    return { ...this.judge(input), revision: this.revision };
  }

  private judge(input: PolicyInput): Verdict {
    let bytes: ArrayBuffer;
    try {
      bytes = jsonBytes(input);
    } catch (error) {
      return denied(`the input is not JSON: ${faultText(error)}`);
    }
    const { entrypoint, maxInputBytes } = this.options;
    if (bytes.byteLength > maxInputBytes) {
      return denied(`the input is longer than ${maxInputBytes} bytes`);
    }
    try {
      this.instance ??= this.create();
      return readResultSet(this.instance.evaluate(entrypoint, bytes), input.action);
    } catch (error) {
      this.instance = undefined;
      return denied(`the evaluation failed: ${faultText(error)}`);
    }
  }
}

/** Refuses what would fail later, and evaluates once: data that does not fit shows itself here. */
function prove(instance: PolicyInstance, entrypoint: string, builtins: HostBuiltins): PolicyInstance {
  const missing = instance.builtins.filter((name) => !Object.hasOwn(builtins, name));
  if (missing.length > 0) {
    throw new Error(
      `the policy calls builtins that KKP does not supply: ${missing.sort().join(', ')}; ` +
        `beside what OPA compiles into a module it supplies ${Object.keys(builtins).join(', ')}`,
    );
  }
  if (!instance.entrypoints.includes(entrypoint)) {
    throw new Error(`the entry point ${entrypoint} is missing; there is ${instance.entrypoints.join(', ')}`);
  }
  instance.evaluate(entrypoint, jsonBytes({}));
  return instance;
}
