export { CachedDataKeys, type DataKeyCacheObserver } from './cached-data-keys.js';
export { DATA_KEY_LIMITS } from './data-key-limits.js';
export { FreshDataKeys, type DataKeySource } from './data-key-source.js';
export { Decrypt } from './decrypt.js';
export { Encrypt } from './encrypt.js';
export { EnvelopeController } from './envelope.controller.js';
export type { Envelope } from './envelope-codec.js';
export * from './envelope.dto.js';
export { EnvelopeService, type EncryptRequest, type Grant } from './envelope.service.js';
