import type { X509Certificate } from 'node:crypto';
import { workloadPathOf } from '../spiffe-id.js';

/** Where in a certificate the id of its holder is. */
export const ID_SOURCES = ['cn', 'dns', 'spiffe', 'uri'] as const;
export type IdSource = (typeof ID_SOURCES)[number];

const MAX_ID_LENGTH = 2048;
const PRINTABLE = /^[\x21-\x7e]+$/;
const PRINTABLE_NAME = /^[^\p{Cc}]+$/u;

/**
 * The one id that a certificate has in this place; undefined when it has none, more than one, or one that could be read in
 * two ways.
 * @param trustDomain of a SPIFFE ID: those of other ones are none
 */
export function idIn(
  certificate: X509Certificate,
  source: IdSource,
  trustDomain: string | undefined,
): string | undefined {
  const [id, another] = source === 'cn' ? commonNames(certificate) : alternativeNames(certificate, source);
  if (id === undefined || another !== undefined || id.length > MAX_ID_LENGTH) return undefined;
  if (source === 'spiffe' && (trustDomain === undefined || workloadPathOf(id, trustDomain) === undefined))
    return undefined;
  return (source === 'cn' ? PRINTABLE_NAME : PRINTABLE).test(id) ? id : undefined;
}

/** Node gives one of a kind as a text and several as a list. */
function commonNames(certificate: X509Certificate): readonly string[] {
  const { CN: names } = certificate.toLegacyObject().subject as { CN?: string | readonly string[] };
  return names === undefined ? [] : [names].flat();
}

/** X509-SVID section 2: the SPIFFE ID is the only URI. */
function alternativeNames({ subjectAltName = '' }: X509Certificate, source: IdSource): readonly string[] {
  // Node quotes a name that could be taken for two; no good one has a character of that kind.
  if (subjectAltName.includes('"')) return [];
  const prefix = source === 'dns' ? 'DNS:' : 'URI:';
  const names = subjectAltName.split(', ');
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}
