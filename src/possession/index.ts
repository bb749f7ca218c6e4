export { checkBinding } from './check-binding.js';
export { Possession, type Shown } from './possession.js';
export { PROOF_ALGORITHMS } from './proof-key.js';
export { DPOP_LIMITS, MemoryProofStore, type ProofStore } from './proof-store.js';
export { normalUrl, PUBLIC_URL } from './target.js';
