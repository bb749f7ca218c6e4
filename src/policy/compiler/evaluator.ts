import type { PolicySources } from './compiler.js';
import { askOpa, type OpaProcessOptions } from './opa.process.js';

export interface EvalRequest extends PolicySources {
  cases: readonly EvalCase[];
}

export interface EvalCase {
  /** Rego, such as `data.kkp.authz.allow` or `time.clock(input.ns)`. */
  query: string;
  input?: unknown;
  /** What `time.now_ns` answers, in nanoseconds since the Unix epoch. Default: the real time. */
  nowNs?: bigint;
}

export interface EvalAnswer {
  /** The value of the query's last expression for each solution, as JSON text; empty when undefined. */
  values: readonly string[];
  /** Why builtins failed. A failed builtin is undefined, as it is in a policy. */
  builtinErrors: readonly string[];
  /** Why there is no answer at all, such as two rules that disagree; else empty. */
  error: string;
}

/**
 * OPA's own answers, one for each case, from its evaluator and not from a WebAssembly module. For tests that hold KKP
 * against OPA.
 * @throws PolicyCompileError, PolicyCompilerFault
 */
export async function evalPolicy(
  request: EvalRequest,
  options?: OpaProcessOptions,
): Promise<readonly EvalAnswer[]> {
  const { files, data = {}, cases } = request;
  return (await askOpa({ command: 'eval', files, data, cases: cases.map(asCase) }, options)) as EvalAnswer[];
}

/** JSON.stringify has no bigint, and a number cannot hold today's nanoseconds. */
function asCase({ query, input, nowNs }: EvalCase): object {
  return { query, input, ...(nowNs !== undefined && { nowNs: String(nowNs) }) };
}
