import type { Clock } from '../clock.js';
import { ConfigError } from '../config-error.js';
import { checkLimits } from '../limits.js';
import { Possession } from './possession.js';
import { DPOP_LIMITS, MemoryProofStore, type ProofStore } from './proof-store.js';
import { normalUrl, PUBLIC_URL } from './target.js';

export interface PossessionOptions {
  /**
   * Where clients see KKP: scheme, host, and the path that a proxy in front takes away, if any. The URL of a DPoP proof is
   * compared with it. Default: what the connection and the `Host` header say, which whoever passes a proof on can choose.
   */
  readonly publicUrl?: string;
  readonly dpop?: {
    /** Proofs that are remembered, so that none is used twice; one more is answered 429. Default 100,000. */
    readonly maxProofs?: number;
    /** Default: the memory of this process. Replicas must share one. */
    readonly store?: ProofStore;
  };
}

/** @throws ConfigError for a public URL that is none, and for limits out of bounds */
export function createPossession({ publicUrl, dpop = {} }: PossessionOptions, clock: Clock): Possession {
  if (publicUrl !== undefined && normalUrl(publicUrl) === undefined) {
    throw new ConfigError([`publicUrl: not a URL. Allowed: ${PUBLIC_URL}.`]);
  }
  const { store, ...limits } = dpop;
  const { maxProofs } = checkLimits(DPOP_LIMITS, limits, 'dpop');
  return new Possession(publicUrl, store ?? new MemoryProofStore(maxProofs, clock), clock);
}
