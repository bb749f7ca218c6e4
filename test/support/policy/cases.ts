import { readFile } from 'node:fs/promises';
import { hostBuiltinNames } from '../../../src/policy/builtins/index.js';
import { compilePolicy } from '../../../src/policy/compiler/index.js';
import { PolicyEngine, type EngineOptions } from '../../../src/policy/engine.js';
import type { EncryptInput, PolicyContext } from '../../../src/policy/input.js';

/** Compiles cases.rego, every rule of `rules` an entry point. About a second: once a suite. */
export async function compileCases(rules: readonly string[]): Promise<Uint8Array> {
  const text = await readFile(new URL('./cases.rego', import.meta.url), 'utf8');
  const { wasm } = await compilePolicy({
    files: { 'cases.rego': text },
    entrypoints: rules.map((rule) => `cases/${rule}`),
    hostBuiltins: hostBuiltinNames,
  });
  return wasm;
}

export interface CaseOptions extends Partial<EngineOptions> {
  data?: Record<string, unknown>;
}

/** An engine that decides by one rule of cases.rego. */
export function loadCase(wasm: Uint8Array, rule: string, options: CaseOptions = {}): Promise<PolicyEngine> {
  const { data = {}, ...settings } = options;
  return PolicyEngine.load(
    { wasm, data, revision: `revision of ${rule}` },
    { entrypoint: `cases/${rule}`, maxInputBytes: 65_536, maxMemoryBytes: 4 * 1024 * 1024, ...settings },
  );
}

export const inputWith = (context: PolicyContext): EncryptInput => ({
  action: 'encrypt',
  request: { backend: 'aws', key_id: 'alias/app', context },
  caller: { kind: 'anonymous' },
});
