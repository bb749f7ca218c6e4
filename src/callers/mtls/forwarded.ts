import { X509Certificate } from 'node:crypto';

/** How a proxy writes the certificate of its client. */
export const FORMS = ['envoy', 'pem'] as const;
export type Form = (typeof FORMS)[number];

const PEM = /^-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;
/** One pair of an element of Envoy's header: the value bare, or quoted with backslashes before quotes. */
const PAIR = /^([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))(;|$)/;

/**
 * The certificate in a header of one of the two forms; undefined for anything but exactly one certificate.
 *
 * `pem`: URL-encoded PEM, as of nginx' `$ssl_client_escaped_cert`. `envoy`: `X-Forwarded-Client-Cert` of one element, which
 * must have `Cert`; `Hash` must agree where it is there, and the others are not looked at.
 */
export function certificateIn(value: string, form: Form): X509Certificate | undefined {
  if (form === 'pem') return readPem(value);
  const pairs = readPairs(value);
  const certificate = pairs && readPem(pairs.get('cert') ?? '');
  const hash = pairs?.get('hash')?.toLowerCase();
  const agrees = hash === undefined || hash === certificate?.fingerprint256.replaceAll(':', '').toLowerCase();
  return agrees ? certificate : undefined;
}

/**
 * The pairs of a header of one element, as they are written: what is used here needs no backslash. What comes twice, as
 * `URI` and `DNS` may, is kept when it is not used here.
 */
function readPairs(value: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  let rest = value;
  while (rest !== '') {
    const [all, name, quoted, bare, end] = PAIR.exec(rest) ?? [];
    if (all === undefined || name === undefined) return undefined;
    rest = rest.slice(all.length);
    if (end === ';' && rest === '') return undefined;
    const key = name.toLowerCase();
    if (pairs.has(key) && (key === 'cert' || key === 'hash')) return undefined;
    pairs.set(key, quoted ?? bare ?? '');
  }
  return pairs;
}

function readPem(escaped: string): X509Certificate | undefined {
  try {
    const pem = decodeURIComponent(escaped);
    return PEM.test(pem) ? new X509Certificate(pem) : undefined;
  } catch {
    return undefined;
  }
}
