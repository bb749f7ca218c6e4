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
