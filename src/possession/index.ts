export { createPossession, type PossessionOptions } from './create-possession.js';
export { Possession, sha256, type Shown, type ShownElsewhere } from './possession.js';
export { PROOF_ALGORITHMS } from './proof-key.js';
export { DPOP_LIMITS, MemoryProofStore, type ProofStore } from './proof-store.js';
export { normalUrl, pathOf, PUBLIC_URL } from './target.js';
