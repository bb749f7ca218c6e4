export { bindAad } from './aad.js';
export { describeKmsBackend, type Runner } from './describe.js';
export type { Harness, KeyAdmin } from './harness.js';
export { createTestHost } from './host.js';
export { reasonToSkip, runRule, type Need, type Rule } from './rule.js';
export { RULES } from './rules/index.js';
export type { Subject } from './subject.js';
