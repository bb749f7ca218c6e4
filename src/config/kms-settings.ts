import { CALL_LIMITS } from '../backends/index.js';
import { DATA_KEY_LIMITS } from '../envelope/index.js';
import { bounded, setting } from './setting.js';
import { wholeNumber } from './value-kinds.js';

/** How key services are called, and how seldom. */
export const KMS_SETTINGS = {
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
} as const;
