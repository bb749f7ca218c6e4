export type { BatchAnswer, ItemProblem, ItemResult } from './access/index.js';
export {
  SCOPES,
  type AuthenticatedCaller,
  type Authenticator,
  type Caller,
  type CallerRequest,
} from './callers/index.js';
export type { CallContext } from './call-context.js';
export type { BackendObserver, CallEvent, PortableBackend } from './backends/index.js';
export { BackendRegistry } from './backends/index.js';
export type { Clock } from './clock.js';
export { ConfigError } from './config-error.js';
export type { DataKeyBody, DataKeyDto } from './data-keys/index.js';
export type {
  DecryptBody,
  DecryptedDto,
  EncryptBody,
  EncryptedDto,
  EnvelopeDto,
  RewrapBody,
  RewrappedDto,
} from './envelope/index.js';
export { ERRORS, KkpError, publicCode, type KkpErrorCode } from './errors.js';
export {
  MemoryKeyStore,
  SigningKeys,
  type KeyStore,
  type RingSnapshot,
  type RotatedKeyDto,
  type StoredRing,
} from './keys/index.js';
export { Kkp, type AskOptions, type Batch } from './kkp.js';
export { KkpModule } from './kkp.module.js';
export type { KkpModuleOptions } from './kkp.options.js';
export { getKmsBackendToken, InjectKmsBackend, KMS_BACKENDS } from './kkp.providers.js';
export type { KkpLog } from './log.js';
export { KkpMetrics } from './metrics.js';
export { PolicyHolder, PolicyLoadError, type PolicyInput, type PolicyOptions } from './policy/index.js';
export type { Random } from './random.js';
export type { IntrospectBody, IntrospectionDto, RevokeBody, RevokedDto } from './revocation/index.js';
export { TokenVerifier, type IssuedTokenDto, type IssueTokenBody, type TokenClaims } from './tokens/index.js';
