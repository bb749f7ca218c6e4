export type { TokenClaims } from './claims.js';
export { IssueToken } from './issue-token.js';
export { TokenIssuer, type IssuedToken, type TokenOptions, type TokenRequest } from './issuer.js';
export { PresentedTokens, type TokenCheck, type TokenUse } from './presented-tokens.js';
export { TokenController } from './token.controller.js';
export { IssueTokenBody, IssuedTokenDto } from './token.dto.js';
export { TokenVerifier } from './token-verifier.js';
export {
  verifyToken,
  type KeyLookup,
  type TokenFault,
  type TokenRules,
  type Verdict,
} from './verify-token.js';
