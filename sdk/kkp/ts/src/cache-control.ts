const DEFAULT_AGE_MS = 300_000;

/** How long a response is fresh by its Cache-Control (RFC 9111 section 5.2.2), in milliseconds; 300000 when it does not say. */
export function cacheAgeMs(cacheControl: string | null): number {
  const directives = (cacheControl ?? '').toLowerCase().split(',');
  const names = directives.map((directive) => directive.trim());
  if (names.includes('no-store') || names.includes('no-cache')) return 0;
  const seconds = names
    .map((name) => /^max-age="?(\d{1,9})"?$/.exec(name)?.[1])
    .find((age) => age !== undefined);
  return seconds === undefined ? DEFAULT_AGE_MS : Number(seconds) * 1000;
}
