import { refuse } from './errors.js';

/**
 * The one form of a key id: `projects/{id}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}`. Characters as in the
 * guides of Cloud KMS and Resource Manager; a project id may be scoped to a domain (`example.com:shop`).
 */
const CRYPTO_KEY =
  /^projects\/(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]\/locations\/[a-z0-9-]{1,63}\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63}$/;
const HAS_VERSION = /\/cryptoKeyVersions\/[^/]*$/;
const PROJECT_NUMBER = /^projects\/\d+\//;
const VERSION = /^[1-9]\d{0,18}$/;

const FORM = 'projects/{id}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}';

export const KEY_ID_ALLOWED = `must be ${FORM}`;
export const isKeyId = (text: string): boolean => CRYPTO_KEY.test(text);

/** @throws KmsError `invalid-request` */
export function expectKeyId(text: string): void {
  if (isKeyId(text)) return;
  throw refuse('invalid-request', `${reasonAgainst(text)} The form of a key id is ${FORM}.`);
}

/** The version that an answer's `name` gives; undefined when it is not a version of the asked key. */
export function versionOf(keyId: string, name: unknown): string | undefined {
  const own = `${keyId}/cryptoKeyVersions/`;
  if (typeof name !== 'string' || !name.startsWith(own)) return undefined;
  const version = name.slice(own.length);
  return VERSION.test(version) ? version : undefined;
}

function reasonAgainst(text: string): string {
  if (HAS_VERSION.test(text)) {
    return 'A key id has no version: Cloud KMS opens a blob with whatever version made it, and does not tell which.';
  }
  if (PROJECT_NUMBER.test(text))
    return 'A key id names its project by its id: with the number a key had two names.';
  return 'That is no key id.';
}
