export {
  addToFile,
  apiKey,
  isName,
  isScope,
  makeKey,
  type ApiKeyEntry,
  type ApiKeyOptions,
} from './api-key/index.js';
export type { Authenticator, CallerRequest, IssuerKeys, IssuerKeysStatus } from './authenticator.js';
export {
  ANONYMOUS,
  isAuthenticated,
  NOBODY,
  SCOPES,
  type AuthenticatedCaller,
  type Caller,
} from './caller.js';
export { CallerAuthentication, withoutAuthorization } from './caller-authentication.js';
export type { AuthenticatorFactory, CallerEntry } from './caller-entry.js';
export { headerTokenOf, type TokenScheme } from './header-token.js';
export { valuesOf } from './header-values.js';
export {
  jwt,
  kubernetes,
  spiffe,
  type JwtOptions,
  type KubernetesOptions,
  type SpiffeOptions,
} from './jwt/index.js';
export { certificateThumbprint, mtls, type MtlsOptions } from './mtls/index.js';
export { loadAuthenticators } from './loader.js';
export type { JwtSubject } from './subject.js';
