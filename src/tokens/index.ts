export { checkBinding } from './check-binding.js';
export { checkOps, usesOf } from './check-ops.js';
export { redacted, type TokenClaims } from './claims.js';
export { IssueToken } from './issue-token.js';
export { TokenIssuer, type IssuedToken } from './issuer.js';
export {
  isActor,
  MAX_ACTORS,
  TOKEN_USES,
  type Actor,
  type Confirmation,
  type OptionalClaims,
  type TokenUse,
} from './optional-claims.js';
export { ownTokens } from './own-tokens.js';
export { PresentedTokens, type PresentedToken, type TokenCheck } from './presented-tokens.js';
export { TokenController } from './token.controller.js';
export { IssueTokenBody, IssuedTokenDto } from './token.dto.js';
export { isIssuer, tokenRules, typFault, type TokenOptions } from './token-options.js';
export type { TokenRequest } from './token-request.js';
export { TokenVerifier } from './token-verifier.js';
export {
  TOKEN_TYPES,
  verifyToken,
  type KeyLookup,
  type TokenFault,
  type TokenRules,
  type TokenType,
  type Verdict,
} from './verify-token.js';
