export type * from './contract.js';
export { MAX_BLOB_BYTES } from './contract.js';
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
