import { CALL_LIMITS } from '../backends/index.js';
import { DATA_KEY_LIMITS } from '../envelope/index.js';
import type { Limit } from '../limits.js';
import { REVOCATION_LIMITS } from '../revocation/index.js';
import {
  backendList,
  filePath,
  listenAddress,
  oneOf,
  policyPath,
  wholeNumber,
  type ValueKind,
} from './value-kinds.js';

export interface Setting<T> {
  /** Name in the environment, where it has one. */
  readonly env?: string;
  /** Path in the configuration file. */
  readonly file: string;
  readonly kind: ValueKind<T>;
  /** As it would be written in the environment or the file; undefined means the setting may stay unset. */
  readonly fallback?: unknown;
  /** One sentence for the README. */
  readonly doc: string;
}

const setting = <T>(definition: Setting<T>): Setting<T> => definition;
const YEAR = 365 * 24 * 3600;
const MIB = 1024 * 1024;

/** A setting of something that embedders can set as well: bounds and default are in the one table of both. */
const bounded = ({ min, max, unit, fallback }: Limit, file: string, doc: string): Setting<number> => ({
  file,
  kind: wholeNumber(min, max, unit),
  fallback,
  doc,
});

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
  backends: setting({
    file: 'backends',
    kind: backendList,
    fallback: EMULATIONS,
    doc: 'Key services, each `{kind, name, ...options}`. Unset: in-memory emulations named `aws`, `gcp` and `azure`.',
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
  kmsTimeout: bounded(
    CALL_LIMITS.callTimeoutMs,
    'limits.kms_timeout_ms',
    'Deadline of one call to a key service, with its time in the queue and its retries.',
  ),
  kmsConcurrency: bounded(
    CALL_LIMITS.concurrency,
    'limits.kms_concurrency',
    'Calls that each backend is sent at the same time.',
  ),
  kmsQueue: bounded(
    CALL_LIMITS.queue,
    'limits.kms_queue',
    'Calls that wait for their turn beyond those; one more is answered 429.',
  ),
  kmsRetries: bounded(
    CALL_LIMITS.retries,
    'limits.kms_retries',
    'Retries of one call, when the key service was busy or not available.',
  ),
  kmsRetryPercent: bounded(
    CALL_LIMITS.retryPercent,
    'limits.kms_retry_percent',
    'Retries that a backend is sent at most, in percent of any 100 calls or more.',
  ),
  kmsBreakerFailures: bounded(
    CALL_LIMITS.breakerFailures,
    'limits.kms_breaker_failures',
    'Outages in a row after which a backend is not called for a while, and answered for with 503.',
  ),
  kmsBreakerOpen: bounded(
    CALL_LIMITS.breakerOpenMs,
    'limits.kms_breaker_open_ms',
    'That while; then one call may try, and decides.',
  ),
  dataKeyMaxAge: setting({
    file: 'data_key_cache.max_age_seconds',
    kind: wholeNumber(DATA_KEY_LIMITS.maxAgeSeconds.min, DATA_KEY_LIMITS.maxAgeSeconds.max, 'seconds'),
    doc: 'Longest use of a cached data key, and so of a key that was disabled meanwhile. Unset: no cache, a call of the key service for every message.',
  }),
  dataKeyMaxUses: bounded(DATA_KEY_LIMITS.maxUses, 'data_key_cache.max_uses', 'Messages for one data key.'),
  dataKeyMaxBytes: bounded(
    DATA_KEY_LIMITS.maxBytes,
    'data_key_cache.max_bytes',
    'Bytes encrypted under one data key; a larger message gets its own.',
  ),
  dataKeyMaxEntries: bounded(
    DATA_KEY_LIMITS.maxEntries,
    'data_key_cache.max_entries',
    'Data keys held to encrypt, and as many to decrypt; the least recently used goes first.',
  ),
  dataDir: setting({
    env: 'KKP_DATA_DIR',
    file: 'store.data_dir',
    kind: filePath,
    doc: 'Directory (mode 0700, on a file system of this machine, one process) where signing keys and revocations outlive a restart. Unset: both end with the process.',
  }),
  sealKeyFile: setting({
    env: 'KKP_SEAL_KEY_FILE',
    file: 'store.seal_key_file',
    kind: filePath,
    doc: 'File of 32 random bytes (mode 0600) that seals the signing keys in the data directory, and is required with it.',
  }),
  revocationListTtl: bounded(
    REVOCATION_LIMITS.listTtlSeconds,
    'revocation.list_ttl_seconds',
    'Longest time that an offline verifier may accept a token after its revocation: the life of the signed list.',
  ),
  maxRevocations: bounded(
    REVOCATION_LIMITS.maxRules,
    'revocation.max_rules',
    'Revocations kept at most; one more is answered 429.',
  ),
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
type Optional = 'policyPath' | 'tokenMaxTtl' | 'dataKeyMaxAge' | 'dataDir' | 'sealKeyFile';

/** The effective configuration, every value checked. */
export type Settings = {
  readonly [K in Exclude<keyof typeof SETTINGS, Optional>]: Parsed<(typeof SETTINGS)[K]>;
} & {
  readonly [K in Optional]?: Parsed<(typeof SETTINGS)[K]>;
};

export type SettingName = keyof typeof SETTINGS;
