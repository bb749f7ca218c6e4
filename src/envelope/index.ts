export { Decrypt } from './decrypt.js';
export { Encrypt } from './encrypt.js';
export { EnvelopeBatchController } from './envelope-batch.controller.js';
export { EnvelopeController } from './envelope.controller.js';
export type { Envelope } from './envelope-codec.js';
export * from './envelope.dto.js';
export { EnvelopeRewrapper } from './envelope.rewrapper.js';
export { EnvelopeService, type EncryptRequest, type Grant } from './envelope.service.js';
export { Rewrap } from './rewrap.js';
