export type * from './contract.js';
export { KMS_ERROR_CODES, KmsError, type KmsErrorCode, type KmsErrorOptions } from './errors.js';
