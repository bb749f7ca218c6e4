import { TokenError } from '../errors.js';
import { KID } from '../jwks/read.js';
import type { JsonObject } from '../strict-json.js';

/** The `kid` of a header that is exactly `{alg: "EdDSA", typ, kid}`. */
export function readKid(header: JsonObject, type: string): string {
  const { alg, typ, kid } = header;
  const exact = Object.keys(header).length === 3 && alg === 'EdDSA' && typ === type;
  if (!exact || typeof kid !== 'string' || !KID.test(kid)) throw new TokenError('unsupported_header');
  return kid;
}
