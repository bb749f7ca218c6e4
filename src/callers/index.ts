export type { Authenticator, CallerRequest } from './authenticator.js';
export {
  ANONYMOUS,
  isAuthenticated,
  NOBODY,
  SCOPES,
  type AuthenticatedCaller,
  type Caller,
} from './caller.js';
export { CallerAuthentication } from './caller-authentication.js';
export type { AuthenticatorFactory, CallerEntry } from './caller-entry.js';
export {
  jwt,
  kubernetes,
  spiffe,
  type JwtOptions,
  type KubernetesOptions,
  type SpiffeOptions,
} from './jwt/index.js';
export { loadAuthenticators } from './loader.js';
