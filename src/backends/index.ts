export { bindAad, canonicalAad } from './aad.js';
export type { CallEvent } from './calls.js';
export type { BackendEntry } from './backend-entry.js';
export { loadBackendPlugins, type ImportPackage } from './loader.js';
export { kmsToKkpError } from './kms-errors.js';
export type { PortableBackend } from './portable.js';
export { BackendRegistry, type RegistryOptions } from './registry.js';
export { zero } from './zero.js';
