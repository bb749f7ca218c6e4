export type * from './contract.js';
export { LABEL, MAX_BLOB_BYTES, MAX_KEY_ID_LENGTH } from './contract.js';
export {
  defineKmsPlugin,
  isKmsPluginFactory,
  type KmsPluginBody,
  type KmsPluginDefinition,
  type KmsPluginFactory,
  type KmsPluginOptions,
} from './define.js';
export { isKmsError, KMS_ERROR_CODES, KmsError, type KmsErrorCode, type KmsErrorOptions } from './errors.js';
export { KmsPluginConfigError, OptionReader, type OptionFault } from './options.js';
export { withinCall, type WithinCallOptions } from './within-call.js';
