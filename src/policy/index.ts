export {
  checkPolicy,
  compilePolicy,
  PolicyCompileError,
  testPolicy,
  type PolicyMessage,
} from './compiler/index.js';
export type { Decision } from './decision.js';
export { PolicyEngine, type EngineOptions, type PolicySource } from './engine.js';
export { PolicyHolder } from './holder.js';
export {
  ANONYMOUS,
  type Caller,
  type DecryptInput,
  type EncryptInput,
  type IssueTokenInput,
  type PolicyContext,
  type PolicyInput,
  type RotateKeysInput,
} from './input.js';
export { PolicyLoadError } from './load-error.js';
export { hostBuiltinNames } from './builtins/index.js';
export { loadPolicy, POLICY_DEFAULTS, type PolicyOptions } from './source/load.js';
export { readPolicySources } from './source/sources.js';
