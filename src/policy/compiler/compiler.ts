import { hostBuiltinNames } from '../builtins/index.js';
import type { PolicyMessage } from './errors.js';
import { askOpa, type OpaProcessOptions } from './opa.process.js';

/** Rego files by the name that messages shall show, and the base document `data`. */
export interface PolicySources {
  files: Readonly<Record<string, string>>;
  /** Is checked against the rules, and is visible to tests and queries; it never becomes part of a module. */
  data?: Readonly<Record<string, unknown>>;
}

export interface CompileRequest extends PolicySources {
  /** Slash paths of decisions. Default `kkp/authz/allow`. */
  entrypoints?: readonly string[];
  /** Names of the builtins that the module's host supplies. Default: those of KKP. */
  hostBuiltins?: readonly string[];
}

export interface CheckedPolicy {
  /** What OPA's strict mode would refuse: unused imports, variables, arguments. */
  warnings: readonly PolicyMessage[];
}

export interface CompiledPolicy extends CheckedPolicy {
  /** A WebAssembly module of OPA's ABI 1.3. The same sources always give the same bytes. */
  wasm: Uint8Array;
}

const DEFAULT_ENTRYPOINTS = ['kkp/authz/allow'];

/** Compiles all files but `*_test.rego`. @throws PolicyCompileError, PolicyCompilerFault */
export async function compilePolicy(
  request: CompileRequest,
  options?: OpaProcessOptions,
): Promise<CompiledPolicy> {
  const built = (await askOpa(asRequest('build', request), options)) as {
    wasm: string;
    warnings: PolicyMessage[];
  };
  return { wasm: Buffer.from(built.wasm, 'base64'), warnings: built.warnings };
}

/** Does all that compilePolicy does, and compiles `*_test.rego` as well. @throws like compilePolicy */
export async function checkPolicy(
  request: CompileRequest,
  options?: OpaProcessOptions,
): Promise<CheckedPolicy> {
  return (await askOpa(asRequest('check', request), options)) as CheckedPolicy;
}

export function asRequest(command: string, request: CompileRequest): object {
  const { files, data = {}, entrypoints = DEFAULT_ENTRYPOINTS, hostBuiltins = hostBuiltinNames } = request;
  return { command, files, data, entrypoints, hostBuiltins };
}
