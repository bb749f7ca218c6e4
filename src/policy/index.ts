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
export type {
  DecryptInput,
  EncryptInput,
  ExchangeTokenInput,
  IssueTokenInput,
  PolicyContext,
  PolicyInput,
  RotateKeysInput,
  Usage,
} from './input.js';
export type { Obligations } from './obligations.js';
export { PolicyLoadError } from './load-error.js';
export { hostBuiltinNames } from './builtins/index.js';
export { loadPolicy, POLICY_DEFAULTS, type PolicyOptions } from './source/load.js';
export { reasonForLog } from './reason.js';
export { readPolicySources } from './source/sources.js';
