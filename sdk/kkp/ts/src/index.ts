export { KkpClient } from './client.js';
export type { CallOptions, KkpClientOptions } from './connection.js';
export type { Credentials, Secret } from './credentials.js';
export { generateDpopKey, importDpopKey } from './dpop/make-key.js';
export type { DpopAlgorithm, DpopKey } from './dpop/key.js';
export { jwkThumbprint, type DpopPublicJwk } from './dpop/jwk.js';
export type { DpopOptions } from './dpop/prover.js';
export type {
  ExchangeTokenRequest,
  ExchangedToken,
  GrantTokenRequest,
  GrantedToken,
  SubjectTokenType,
} from './oauth/types.js';
export { verifyToken } from './verify/verify-token.js';
export type { TokenType, VerifyTokenOptions } from './verify/options.js';
export { importJwks, type TokenKeys } from './jwks/keys.js';
export { createRemoteJwks, type RemoteJwksOptions } from './jwks/remote.js';
export { readRevocations, type ReadRevocationsOptions } from './revocations/read.js';
export { createRemoteRevocations, type RemoteRevocationsOptions } from './revocations/remote.js';
export type { Revocations } from './revocations/rules.js';
export { encryptStream, type EncryptStreamOptions } from './stream/encrypt.js';
export { decryptStream, type DecryptStreamOptions, type OpenDataKey } from './stream/decrypt.js';
export { decryptBytes, encryptBytes } from './stream/bytes.js';
export { rewrapStream } from './stream/rewrap.js';
export type { Ed25519, VerifySignature } from './crypto/ed25519.js';
export type { Fetch } from './transport.js';
export {
  KeySetError,
  KkpAbortError,
  KkpApiError,
  KkpConnectionError,
  KkpCredentialsError,
  KkpError,
  KkpProtocolError,
  KkpStreamError,
  KkpTimeoutError,
  KkpUnauthenticatedError,
  RevocationsError,
  TokenError,
  type ApiErrorCode,
  type KkpErrorCode,
  type RevocationsErrorReason,
  type StreamErrorReason,
  type TokenErrorReason,
} from './errors.js';
export type {
  Actor,
  Confirmation,
  DataKey,
  DataKeyRequest,
  DecryptRequest,
  DecryptResult,
  Ed25519Jwk,
  EncryptRequest,
  EncryptResult,
  Envelope,
  Introspection,
  IssuedToken,
  IssueTokenRequest,
  JwkSet,
  Jwks,
  Revoked,
  RevokeRequest,
  RewrapRequest,
  RotatedKey,
  TokenClaims,
  TokenUse,
} from './types.js';
