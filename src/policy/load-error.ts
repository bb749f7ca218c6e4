/** A policy that cannot be used. The message says where it came from and why, with OPA's own words where it spoke. */
export class PolicyLoadError extends Error {
  override readonly name = 'PolicyLoadError';
}

/** The text of anything thrown: OPA modules throw strings and plain objects as well as errors. */
export function faultText(thrown: unknown): string {
  if (typeof thrown === 'string') {
    return thrown;
  }
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
    return String(thrown.message);
  }
  return 'unknown fault';
}
