export { Decrypt } from './decrypt.js';
export { Encrypt } from './encrypt.js';
export { EnvelopeController } from './envelope.controller.js';
export type { Envelope } from './envelope-codec.js';
export * from './envelope.dto.js';
export { EnvelopeService, type EncryptRequest, type Grant } from './envelope.service.js';
