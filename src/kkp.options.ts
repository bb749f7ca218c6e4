import type { KmsPlugin } from 'kkp-plugin-kit';
import type { Authenticator } from './callers/index.js';
import type { Clock } from './clock.js';
import type { KeyStore } from './keys/index.js';
import type { KkpLog } from './log.js';
import type { PolicyOptions } from './policy/index.js';
import type { Random } from './random.js';

/** What an application says to `KkpModule`. Everything but `backends` has a default. */
export interface KkpModuleOptions {
  /** Constructed plugins: `[aws({ name: 'eu', region: 'eu-west-1' }), memory({ name: 'dev' })]`. */
  readonly backends: readonly KmsPlugin[];
  readonly policy?: PolicyOptions;
  /** Who may ask. Without any, callers are anonymous: for development. */
  readonly callers?: readonly Authenticator[];
  readonly tokens?: {
    /** Seconds; default 300. */
    readonly ttlSeconds?: number;
    /** Seconds; default and upper bound: key lifetime less rotation interval. */
    readonly maxTtlSeconds?: number;
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
  readonly kms?: {
    /** Milliseconds for one call to a key service; default 10,000. */
    readonly callTimeoutMs?: number;
  };
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: Nest's Logger under the context "KKP". */
  readonly log?: KkpLog;
}

export const KKP_OPTIONS = Symbol('KKP_OPTIONS');
export const KKP_CLOCK = Symbol('KKP_CLOCK');
export const KKP_RANDOM = Symbol('KKP_RANDOM');
