import { refuse } from './errors.js';

/** One case only: some file systems take `Orders` and `orders` for the same name. */
const KEY_ID = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/** The name of a key is its only id. @throws KmsError `invalid-request` */
export function checkKeyId(keyId: string): string {
  if (KEY_ID.test(keyId)) return keyId;
  throw refuse('malformed-key-id');
}
