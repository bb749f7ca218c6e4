/** Signatures that a JWT-SVID may have (JWT-SVID section 2.1). */
export const SPIFFE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
] as const;

/** Every signature that may be configured: asymmetric ones only. `none` and HS* cannot be. */
export const ALGORITHMS: readonly string[] = [...SPIFFE_ALGORITHMS, 'EdDSA', 'Ed25519'];

/** Those that are taken when nothing is configured. */
export const DEFAULT_ALGORITHMS: readonly string[] = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];
