export { checkPolicy, compilePolicy } from './compiler.js';
export type { CheckedPolicy, CompiledPolicy, CompileRequest, PolicySources } from './compiler.js';
export { PolicyCompileError, PolicyCompilerFault, type PolicyMessage } from './errors.js';
export { evalPolicy, type EvalAnswer, type EvalCase, type EvalRequest } from './evaluator.js';
export type { OpaProcessOptions } from './opa.process.js';
export { testPolicy } from './tester.js';
export type { FileCoverage, PolicyTest, PolicyTestReport, SourceRange } from './tester.js';
