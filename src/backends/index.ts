export { bindAad, canonicalAad } from './aad.js';
export type { CallContext } from './deadline.js';
export { MAX_BLOB_BYTES } from './answers.js';
export { loadBackendPlugins, type BackendEntry, type ImportPackage } from './loader.js';
export { asKmsError, toKkpError } from './kms-errors.js';
export type { CallEvent, PortableBackend } from './portable.js';
export { BackendRegistry, type RegistryOptions } from './registry.js';
export { LABEL } from './shapes.js';
export { zero } from './zero.js';
