const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
/** Of a workload, below its trust domain: no empty segments, none of dots alone. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;
const MAX_ID_LENGTH = 2048;

/** Whether a text can name a trust domain (SPIFFE ID section 2.1). */
export const isTrustDomain = (text: string): boolean => TRUST_DOMAIN.test(text);

/** The path of a workload's SPIFFE ID (section 2.2); undefined for any text that is none of this trust domain. */
export function workloadPathOf(id: string, trustDomain: string): string | undefined {
  const prefix = `spiffe://${trustDomain}`;
  if (!id.startsWith(prefix) || id.length > MAX_ID_LENGTH) return undefined;
  const path = id.slice(prefix.length);
  return PATH.test(path) ? path : undefined;
}
