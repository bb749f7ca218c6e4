import type { CallerRequest } from '../callers/index.js';

/** Scheme, host and path, and nothing else that RFC 3986 allows: no query, no fragment. */
const PLAIN_URL = /^https?:\/\/[A-Za-z0-9\-._~:/[\]!$&'()*+,;=%]+$/i;
/** Completes the sentence "Allowed: ...". */
export const PUBLIC_URL = 'an http or https URL without query, fragment and credentials';

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * A URL in its normal form (RFC 3986 sections 6.2.2 and 6.2.3): scheme and host in lower case, no default port, no dot
 * segments, one percent-encoding. Undefined for what is no plain http or https URL.
 */
export function normalUrl(text: string): string | undefined {
  if (!PLAIN_URL.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/%[0-9a-f]{2}/gi, normalEscape);
}

function normalEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return UNRESERVED.test(character) ? character : escape.toUpperCase();
}

/**
 * What the `htu` of a proof for this request must be, in normal form; undefined when the request does not say it.
 * @param publicUrl where clients see KKP, with what a proxy in front takes away from the path
 */
export function targetOf(request: CallerRequest, publicUrl: string | undefined): string | undefined {
  const path = pathOf(request.url);
  const { host } = request.headers;
  const base =
    publicUrl?.replace(/\/$/, '') ??
    (host === undefined ? undefined : `${request.secure ? 'https' : 'http'}://${host}`);
  return path === undefined || base === undefined ? undefined : normalUrl(base + path);
}

/** Of a target in origin form or in absolute form (RFC 9112 section 3.2). */
export function pathOf(target: string): string | undefined {
  const [resource = ''] = target.split('?');
  if (resource.startsWith('/')) return resource;
  return URL.canParse(resource) ? new URL(resource).pathname : undefined;
}
