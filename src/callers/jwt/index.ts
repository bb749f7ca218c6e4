export { jwt, type JwtOptions } from './jwt.js';
export { JwtAuthenticator } from './jwt-authenticator.js';
export { kubernetes, type KubernetesOptions } from './kubernetes.js';
export { spiffe, type SpiffeOptions } from './spiffe.js';
