import { isKmsError } from 'kkp-plugin-kit';
import { kmsToKkpError } from '../backends/index.js';

/** For a data key that was not wrapped: no envelope is at fault, so the key service's failure is told as it is. */
export function rethrow(error: unknown): never {
  throw isKmsError(error) ? kmsToKkpError(error) : error;
}
