import { KmsError } from 'kkp-plugin-kit';

/** Labels that need no escapes in a PKCS#11 URI (RFC 7512). */
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_])?$/;
const CANONICAL = /^pkcs11:serial=([^;]{1,64});object=([^;]{1,128})$/;

/**
 * The label of a key: its id is either the label itself, or canonical a PKCS#11 URI (RFC 7512) of exactly two
 * attributes, `pkcs11:serial=<token>;object=<label>`. A token's serial number has no place in another token.
 *
 * @throws KmsError `invalid-request`
 */
export function labelOf(ref: string, serial: string): string {
  const [, of, object] = CANONICAL.exec(ref) ?? [];
  const label = object ?? ref;
  if ((of === undefined || of === encodeURIComponent(serial)) && LABEL.test(label)) return label;
  throw new KmsError(
    'invalid-request',
    'A key id is the label of a key, or "pkcs11:serial=<serial number of this token>;object=<label>".',
    { side: 'caller' },
  );
}

export const canonicalId = (label: string, serial: string): string =>
  `pkcs11:serial=${encodeURIComponent(serial)};object=${label}`;
