export { IntrospectToken } from './introspect-token.js';
export { REVOCATION_LIMITS } from './limits.js';
export { LIST_TYPE, RevocationList } from './revocation-list.js';
export { RevocationController } from './revocation.controller.js';
export { IntrospectionDto, RevokeBody, type IntrospectBody, type RevokedDto } from './revocation.dto.js';
export { Revocations } from './revocations.js';
export { RevokeTokens } from './revoke-tokens.js';
export type { RevocationRule, TimedRule } from './rules.js';
