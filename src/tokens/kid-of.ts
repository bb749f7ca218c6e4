import { decodeBase64url } from '../base64url.js';
import { parseStrictJson } from '../strict-json.js';

/** The key that the header of a token names, whether the token is good or not; undefined when it names none. */
export function kidOf(token: string): string | undefined {
  const bytes = decodeBase64url(token.split('.', 1)[0] ?? '');
  const kid = bytes && parseStrictJson(bytes)?.kid;
  return typeof kid === 'string' ? kid : undefined;
}
