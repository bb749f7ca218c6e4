import { randomUUID } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Clock } from './clock.js';
import { ConfigError } from './config-error.js';
import {
  checkKeyTimes,
  KeyRotation,
  MemoryKeyStore,
  RotateKeys,
  RotationSchedule,
  SealedKeyStore,
  SigningKeys,
  withKeyDefaults,
  type KeyStore,
  type SigningKeyOptions,
} from './keys/index.js';
import {
  fromOptions,
  KEY_TIMES,
  KKP_CLOCK,
  KKP_OPTIONS,
  KKP_RANDOM,
  KKP_STORE,
  type KkpModuleOptions,
} from './kkp.options.js';
import { KKP_LOG, type KkpLog } from './log.js';
import type { Random } from './random.js';
import { readSealKey, type Store } from './store/index.js';

type ScheduleParts = [
  SigningKeyOptions,
  KkpModuleOptions,
  SigningKeys,
  KkpLog,
  SchedulerRegistry | undefined,
];

/** The signing keys, where they live, and what rotates them. */
export const signing: Provider[] = [
  fromOptions(KEY_TIMES, keyTimes),
  {
    provide: SigningKeys,
    inject: [KEY_TIMES, KKP_OPTIONS, KKP_CLOCK, KKP_RANDOM, KKP_STORE],
    useFactory: (
      times: SigningKeyOptions,
      options: KkpModuleOptions,
      clock: Clock,
      random: Random,
      store: Store,
    ) => new SigningKeys(times, clock, random, keyStore(options, store, random)),
  },
  {
    provide: RotationSchedule,
    inject: [KEY_TIMES, KKP_OPTIONS, SigningKeys, KKP_LOG, { token: SchedulerRegistry, optional: true }],
    useFactory: (...[times, options, keys, log, registry]: ScheduleParts) =>
      options.keys?.scheduled === false
        ? undefined
        : new RotationSchedule(
            new KeyRotation(keys, log),
            times.rotationSeconds,
            `kkp-signing-keys-${randomUUID()}`,
            registry,
          ),
  },
  RotateKeys,
];

function keyStore({ keys, store: place }: KkpModuleOptions, durable: Store, random: Random): KeyStore {
  if (keys?.store) return keys.store;
  return place
    ? new SealedKeyStore(durable, () => readSealKey(place.sealKeyFile), random)
    : new MemoryKeyStore();
}

/** @throws ConfigError for times that cannot keep the promise that no live token loses its key */
function keyTimes({ keys: times = {}, tokens: limits = {} }: KkpModuleOptions): SigningKeyOptions {
  const options = withKeyDefaults({
    ttlSeconds: times.ttlSeconds ?? 1800,
    rotationSeconds: times.rotationSeconds ?? 900,
    maxActiveKeys: times.maxActive ?? 5,
    ...(limits.maxTtlSeconds === undefined ? {} : { maxTokenTtlSeconds: limits.maxTtlSeconds }),
  });
  const faults = checkKeyTimes(options);
  if (faults.length === 0 && (limits.ttlSeconds ?? 1) > options.maxTokenTtlSeconds) {
    faults.push(
      `tokens.ttlSeconds: longer than any token may live. Allowed: 1 to ${options.maxTokenTtlSeconds}.`,
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return options;
}
