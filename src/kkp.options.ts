import type { FactoryProvider } from '@nestjs/common';
import type { KmsPlugin } from 'kkp-plugin-kit';
import type { Authenticator } from './callers/index.js';
import type { Clock } from './clock.js';
import type { KeyStore } from './keys/index.js';
import type { KkpLog } from './log.js';
import type { PolicyOptions } from './policy/index.js';
import type { PossessionOptions } from './possession/index.js';
import type { Random } from './random.js';
import type { TokenType } from './tokens/index.js';

/** What an application says to `KkpModule`. Everything but `backends` has a default. */
export interface KkpModuleOptions extends PossessionOptions {
  /** Constructed plugins: `[aws({ name: 'eu', region: 'eu-west-1' }), memory({ name: 'dev' })]`. */
  readonly backends: readonly KmsPlugin[];
  readonly policy?: PolicyOptions;
  /** Who may ask. Without any, callers are anonymous: for development. */
  readonly callers?: readonly Authenticator[];
  /** True: start without any although `NODE_ENV` is `production`, for the host authenticates every request itself. */
  readonly allowAnonymous?: boolean;
  readonly tokens?: {
    /** Seconds; default 300. */
    readonly ttlSeconds?: number;
    /** Seconds; default and upper bound: key lifetime less rotation interval. */
    readonly maxTtlSeconds?: number;
    /** A URL: claim `iss` of every token, and the only one that is accepted. Default: tokens have no issuer. */
    readonly issuer?: string;
    /** `typ` of every token's header. Default "JWT"; "at+jwt" needs an issuer. */
    readonly typ?: TokenType;
  };
  readonly keys?: {
    /** Seconds that a key lives after it began to sign; default 1800. */
    readonly ttlSeconds?: number;
    /** Seconds between scheduled rotations; default 900. */
    readonly rotationSeconds?: number;
    /** Default 5. */
    readonly maxActive?: number;
    /** False: nobody rotates but `Kkp.rotateKeys` and the moment a key is due. Default true, which needs ScheduleModule. */
    readonly scheduled?: boolean;
    readonly store?: KeyStore;
  };
  /** Bounds of the calls of each backend. */
  readonly kms?: {
    /** Milliseconds for one call to a key service, with its time in the queue and its retries; default 10,000. */
    readonly callTimeoutMs?: number;
    /** Calls that a backend is sent at the same time; default 64. */
    readonly concurrency?: number;
    /** Calls that wait for their turn beyond those; default 256. */
    readonly queue?: number;
    /** Retries of one call; default 2. */
    readonly retries?: number;
    /** Retries of any 100 calls or more of a backend, in percent; default 10. */
    readonly retryPercent?: number;
    /** Outages in a row after which a backend is not called for a while; default 5. */
    readonly breakerFailures?: number;
    /** Milliseconds of that while; default 5,000. */
    readonly breakerOpenMs?: number;
  };
  /**
   * Data keys are used for several messages of the same key, associated data and caller (to decrypt: token subject).
   * Default: a call of the key service for every message.
   */
  readonly dataKeyCache?: {
    /** Seconds, 1 to 3600: as long may a key that is disabled, or a right that is withdrawn, go on to work. */
    readonly maxAgeSeconds: number;
    /** Messages for one data key; default 1,000. */
    readonly maxUses?: number;
    /** Bytes encrypted under one data key; default 1 GiB. */
    readonly maxBytes?: number;
    /** Data keys held to encrypt, and as many to decrypt; default 1,000. */
    readonly maxEntries?: number;
  };
  /**
   * What one caller may have of this process in any 60 seconds. Default: no limits, and no `usage` for the policy.
   * Callers that are not authenticated count by their network; a KKP token that comes alone counts for its subject,
   * and a caller's decryptions with a token of its own name count for both.
   */
  readonly quotas?: {
    /** Of what the policy is asked about; a batch is one, and reading public keys is none. 0, the default, is no limit, as with the others. */
    readonly requestsPerMinute?: number;
    readonly tokensPerMinute?: number;
    /** Envelopes opened, to decrypt and to rewrap. */
    readonly decryptsPerMinute?: number;
    /**
     * Credentials, tokens and proofs that are refused of one network: beyond them only those that were good before are
     * judged. Default 600; 0 is no limit. Behind a proxy all its clients are one network.
     */
    readonly refusedCredentialsPerMinute?: number;
  };
  readonly revocation?: {
    /** Seconds that offline verifiers may rely on a signed list, and so the longest they accept a revoked token; default 60. */
    readonly listTtlSeconds?: number;
    /** Revocations kept at most; default 10,000. */
    readonly maxRules?: number;
  };
  /** Where signing keys and revocations outlive the process. Default: they end with it. */
  readonly store?: {
    /** A directory on a file system of this machine, for one process: mode 0700. Made where there is none. */
    readonly dataDir: string;
    /** A file of 32 random bytes and mode 0600, which seals the signing keys. */
    readonly sealKeyFile: string;
  };
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: Nest's Logger under the context "KKP". */
  readonly log?: KkpLog;
}

export const KKP_OPTIONS = Symbol('KKP_OPTIONS');
export const KKP_CLOCK = Symbol('KKP_CLOCK');
export const KKP_RANDOM = Symbol('KKP_RANDOM');
export const DATA_KEYS = Symbol('DATA_KEYS');
/** Times of the signing keys, checked. */
export const KEY_TIMES = Symbol('KEY_TIMES');
export const KKP_STORE = Symbol('KKP_STORE');
export const REVOCATION_BOUND = Symbol('REVOCATION_BOUND');
/** Whether the module has routes. */
export const SERVES_HTTP = Symbol('SERVES_HTTP');
/** What the tokens that are issued are like. */
export const TOKEN_OPTIONS = Symbol('TOKEN_OPTIONS');

/** A provider of what the options say. */
export const fromOptions = <T>(
  provide: symbol,
  pick: (options: KkpModuleOptions) => T,
): FactoryProvider<T> => ({
  provide,
  inject: [KKP_OPTIONS],
  useFactory: pick,
});
