import { QUOTA_LIMITS, REFUSAL_LIMITS } from '../quotas/index.js';
import { TOKEN_TYPES } from '../tokens/index.js';
import { DURABLE_SETTINGS } from './durable-settings.js';
import { KMS_SETTINGS } from './kms-settings.js';
import { bounded, setting, type Setting } from './setting.js';
import {
  backendList,
  callerList,
  issuerUrl,
  listenAddress,
  oneOf,
  policyPath,
  publicUrl,
  trueOrFalse,
  wholeNumber,
} from './value-kinds.js';

const YEAR = 365 * 24 * 3600;
const MIB = 1024 * 1024;

const EMULATIONS = ['aws', 'gcp', 'azure'].map((name) => ({ kind: 'memory', name, emulates: name }));

/** Every setting of the server. The one source for types, checks and the table in the README. */
export const SETTINGS = {
  listen: setting({
    env: 'KKP_LISTEN_ADDR',
    file: 'listen',
    kind: listenAddress,
    fallback: '0.0.0.0:8080',
    doc: 'Address and port to listen on.',
  }),
  publicUrl: setting({
    file: 'public_url',
    kind: publicUrl,
    doc: 'Where clients see KKP, with the path that a proxy in front takes away, if any: the URL of a DPoP proof is compared with it. Unset: what the connection and the `Host` header say, which whoever passes a proof on can choose.',
  }),
  policyPath: setting({
    env: 'KKP_POLICY_PATH',
    file: 'policy.path',
    kind: policyPath,
    doc: '`.rego` file, folder of `.rego`, `.wasm`, or OPA bundle `.tar.gz`. Unset: the built-in `policy/kkp.rego`.',
  }),
  tokenTtl: setting({
    env: 'KKP_TOKEN_TTL_SECS',
    file: 'tokens.ttl_seconds',
    kind: wholeNumber(1, YEAR, 'seconds'),
    fallback: 300,
    doc: 'Lifetime of a token whose request names none.',
  }),
  keyTtl: setting({
    env: 'KKP_KEY_TTL_SECS',
    file: 'keys.ttl_seconds',
    kind: wholeNumber(2, YEAR, 'seconds'),
    fallback: 1800,
    doc: 'Lifetime of a signing key, counted from the moment it begins to sign.',
  }),
  keyRotation: setting({
    env: 'KKP_KEY_ROTATION_SECS',
    file: 'keys.rotation_seconds',
    kind: wholeNumber(1, YEAR, 'seconds'),
    fallback: 900,
    doc: 'Time between two scheduled rotations.',
  }),
  maxActiveKeys: setting({
    env: 'KKP_MAX_ACTIVE_KEYS',
    file: 'keys.max_active',
    kind: wholeNumber(3, 1000, 'keys'),
    fallback: 5,
    doc: 'Signing keys kept at most. A manual rotation beyond it is refused with 429; no live key is ever evicted.',
  }),
  tokenMaxTtl: setting({
    file: 'tokens.max_ttl_seconds',
    kind: wholeNumber(1, YEAR, 'seconds'),
    doc: 'Longest lifetime a request may ask for. Unset: key lifetime less rotation interval, which is also the most it may be.',
  }),
  tokenIssuer: setting({
    file: 'tokens.issuer',
    kind: issuerUrl,
    doc: 'Claim `iss` of every token, and the only one that is accepted. Unset: tokens have no issuer.',
  }),
  tokenTyp: setting({
    file: 'tokens.typ',
    kind: oneOf(...TOKEN_TYPES),
    fallback: 'JWT',
    doc: '`typ` in the header of every token, and the only one that is accepted. "at+jwt" is that of RFC 9068: it needs `tokens.issuer`, and says in `client_id` who asked.',
  }),
  backends: setting({
    file: 'backends',
    kind: backendList,
    fallback: EMULATIONS,
    doc: 'Key services, each `{kind, name, ...options}`. Unset: in-memory emulations named `aws`, `gcp` and `azure`.',
  }),
  allowAnonymous: setting({
    env: 'KKP_ALLOW_ANONYMOUS',
    file: 'allow_anonymous',
    kind: trueOrFalse,
    fallback: false,
    doc: 'Start without any authenticator although `NODE_ENV` is `production`: something in front of KKP authenticates.',
  }),
  callers: setting({
    file: 'callers',
    kind: callerList,
    fallback: [],
    doc: 'Who may ask: authenticators, each `{kind, ...options}`. Unset: callers are anonymous, for development.',
  }),
  policyMaxInput: setting({
    file: 'policy.max_input_bytes',
    kind: wholeNumber(1024, 16 * MIB, 'bytes'),
    fallback: 64 * 1024,
    doc: 'Largest input document handed to the policy; a larger one is denied.',
  }),
  policyMaxMemory: setting({
    file: 'policy.max_memory_bytes',
    kind: wholeNumber(2 * MIB, 1024 * MIB, 'bytes'),
    fallback: 64 * MIB,
    doc: 'Memory cap of one policy instance.',
  }),
  bodyLimit: setting({
    file: 'limits.body_bytes',
    kind: wholeNumber(1024, 64 * MIB, 'bytes'),
    fallback: MIB,
    doc: 'Largest request body.',
  }),
  requestTimeout: setting({
    file: 'limits.request_timeout_ms',
    kind: wholeNumber(100, 600_000, 'milliseconds'),
    fallback: 10_000,
    doc: 'Time a client has to send its whole request.',
  }),
  requestWait: setting({
    file: 'limits.request_wait_ms',
    kind: wholeNumber(0, 600_000, 'milliseconds'),
    fallback: 250,
    doc: 'Time that a request may wait for those before it when there is more to do than can be done; then it is answered 503 with Retry-After, unread. GET does not wait. 0: no limit.',
  }),
  callerRequests: bounded(
    QUOTA_LIMITS.requestsPerMinute,
    'limits.caller_requests_per_minute',
    'Requests of one caller in any 60 seconds, counted before the body is read; a batch is one. 0: no limit.',
  ),
  callerTokens: bounded(
    QUOTA_LIMITS.tokensPerMinute,
    'limits.caller_tokens_per_minute',
    'Tokens that are issued to one caller in any 60 seconds. 0: no limit.',
  ),
  callerDecrypts: bounded(
    QUOTA_LIMITS.decryptsPerMinute,
    'limits.caller_decrypts_per_minute',
    'Envelopes that are opened for one caller in any 60 seconds, to decrypt and to rewrap. 0: no limit.',
  ),
  refusedCredentials: bounded(
    REFUSAL_LIMITS.refusedCredentialsPerMinute,
    'limits.refused_credentials_per_minute',
    'Credentials, tokens and proofs that are refused of one network (an IPv4 address, an IPv6 /64) in any 60 seconds. Beyond them 429 before anything is verified, but for what was accepted before. Behind a proxy all its clients are one network. 0: no limit.',
  ),
  ...KMS_SETTINGS,
  ...DURABLE_SETTINGS,
  drainTime: setting({
    file: 'limits.drain_ms',
    kind: wholeNumber(0, 600_000, 'milliseconds'),
    fallback: 500,
    doc: 'Time after SIGTERM in which requests are still taken, while `/readyz` answers 503 and each answer closes its connection.',
  }),
  shutdownTimeout: setting({
    file: 'limits.shutdown_timeout_ms',
    kind: wholeNumber(0, 600_000, 'milliseconds'),
    fallback: 20_000,
    doc: 'Time that running requests have to finish after that.',
  }),
  logLevel: setting({
    file: 'log.level',
    kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
    fallback: 'info',
    doc: 'Least severe level that is logged.',
  }),
} as const;

type Parsed<S> = S extends Setting<infer T> ? T : never;
type Optional =
  | 'publicUrl'
  | 'policyPath'
  | 'tokenIssuer'
  | 'tokenMaxTtl'
  | 'dataKeyMaxAge'
  | 'dataDir'
  | 'sealKeyFile'
  | 'tlsCertFile'
  | 'tlsKeyFile'
  | 'tlsClientCaFile';

/** The effective configuration, every value checked. */
export type Settings = {
  readonly [K in Exclude<keyof typeof SETTINGS, Optional>]: Parsed<(typeof SETTINGS)[K]>;
} & {
  readonly [K in Optional]?: Parsed<(typeof SETTINGS)[K]>;
};

export type SettingName = keyof typeof SETTINGS;
