import type { Obligations, PolicyInput } from '../policy/index.js';

/** What is known of a request beside what the policy was told. */
export interface Facts {
  /** The plaintext that goes in or comes out, in bytes. */
  readonly plaintextBytes?: number;
}

/**
 * The name of the first obligation that a request does not keep, if there is one. What cannot be told is not kept.
 * `redact_claims` is kept where the answer is made.
 */
export function brokenObligation(
  { requireAudience, maxPlaintextBytes }: Obligations,
  input: PolicyInput,
  { plaintextBytes = Infinity }: Facts,
): string | undefined {
  const audience = 'claims' in input ? input.claims.aud : undefined;
  if (requireAudience !== undefined && audience !== requireAudience) return 'require_audience';
  if (maxPlaintextBytes !== undefined && plaintextBytes > maxPlaintextBytes) return 'max_plaintext_bytes';
  return undefined;
}
