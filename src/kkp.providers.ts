import { randomUUID } from 'node:crypto';
import { Inject, Logger, type FactoryProvider, type Provider } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import {
  Authentication,
  AuthenticationHook,
  Authorizer,
  BatchRunner,
  PolicyGuard,
  ProblemFilter,
} from './access/index.js';
import { BackendRegistry, type BackendObserver } from './backends/index.js';
import { CallerAuthentication } from './callers/index.js';
import { systemClock, type Clock } from './clock.js';
import { ConfigError } from './config-error.js';
import { GenerateDataKey } from './data-keys/index.js';
import {
  CachedDataKeys,
  DATA_KEY_LIMITS,
  Decrypt,
  Encrypt,
  EnvelopeRewrapper,
  EnvelopeService,
  FreshDataKeys,
  Rewrap,
  type DataKeySource,
} from './envelope/index.js';
import {
  checkKeyTimes,
  KeyRotation,
  MemoryKeyStore,
  RotateKeys,
  RotationSchedule,
  SigningKeys,
  withKeyDefaults,
  type SigningKeyOptions,
} from './keys/index.js';
import { Kkp } from './kkp.js';
import { KkpLifecycle } from './kkp.lifecycle.js';
import { DATA_KEYS, KKP_CLOCK, KKP_OPTIONS, KKP_RANDOM, type KkpModuleOptions } from './kkp.options.js';
import { checkLimits } from './limits.js';
import { describeError, KKP_LOG, type KkpLog } from './log.js';
import type { KmsMetrics } from './kms-metrics.js';
import { KkpMetrics } from './metrics.js';
import { loadPolicy, PolicyHolder } from './policy/index.js';
import { systemRandom, type Random } from './random.js';
import { IssueToken, PresentedTokens, TokenIssuer, TokenVerifier } from './tokens/index.js';

const KEY_TIMES = Symbol('KEY_TIMES');
const DEFAULT_TOKEN_TTL = 300;

type ScheduleParts = [
  SigningKeyOptions,
  KkpModuleOptions,
  SigningKeys,
  KkpLog,
  SchedulerRegistry | undefined,
];

/** The registry of all backends. `BackendRegistry` is the same thing by its class. */
export const KMS_BACKENDS = Symbol('KMS_BACKENDS');

/** Token of one backend. In an application with several `KkpModule`s the module that is imported decides. */
export const getKmsBackendToken = (name: string): string => `KMS_BACKEND:${name}`;

/** Injects one backend by its configured name. */
export const InjectKmsBackend = (name: string) => Inject(getKmsBackendToken(name));

/** One provider a backend name, each looked up in the registry. */
export const backendProviders = (names: readonly string[]): FactoryProvider[] =>
  names.map((name) => ({
    provide: getKmsBackendToken(name),
    inject: [BackendRegistry],
    useFactory: (registry: BackendRegistry) => registry.get(name),
  }));

const fromOptions = <T>(provide: symbol, pick: (options: KkpModuleOptions) => T): FactoryProvider<T> => ({
  provide,
  inject: [KKP_OPTIONS],
  useFactory: pick,
});

const ambient: Provider[] = [
  fromOptions(KKP_CLOCK, ({ clock }) => clock ?? systemClock),
  fromOptions(KKP_RANDOM, ({ random }) => random ?? systemRandom),
  fromOptions(KKP_LOG, ({ log }) => log ?? nestLog()),
  KkpMetrics,
];

const policy: Provider[] = [
  {
    provide: PolicyHolder,
    inject: [KKP_OPTIONS, KKP_CLOCK],
    useFactory: async ({ policy: options = {} }: KkpModuleOptions, clock: Clock) => {
      const load = () => loadPolicy(options, clock);
      return new PolicyHolder(load, await load());
    },
  },
  {
    provide: CallerAuthentication,
    inject: [KKP_OPTIONS, KKP_LOG],
    useFactory: (options: KkpModuleOptions, log: KkpLog) => new CallerAuthentication(options.callers, log),
  },
  Authentication,
  AuthenticationHook,
  Authorizer,
  BatchRunner,
  PolicyGuard,
  ProblemFilter,
];

const keys: Provider[] = [
  fromOptions(KEY_TIMES, keyTimes),
  {
    provide: SigningKeys,
    inject: [KEY_TIMES, KKP_OPTIONS, KKP_CLOCK, KKP_RANDOM],
    useFactory: (times: SigningKeyOptions, options: KkpModuleOptions, clock: Clock, random: Random) =>
      new SigningKeys(times, clock, random, options.keys?.store ?? new MemoryKeyStore()),
  },
  {
    provide: RotationSchedule,
    inject: [KEY_TIMES, KKP_OPTIONS, SigningKeys, KKP_LOG, { token: SchedulerRegistry, optional: true }],
    useFactory: (...[times, options, signing, log, registry]: ScheduleParts) =>
      options.keys?.scheduled === false
        ? undefined
        : new RotationSchedule(
            new KeyRotation(signing, log),
            times.rotationSeconds,
            `kkp-signing-keys-${randomUUID()}`,
            registry,
          ),
  },
  RotateKeys,
];

const tokens: Provider[] = [
  {
    provide: TokenIssuer,
    inject: [KEY_TIMES, KKP_OPTIONS, SigningKeys, KKP_CLOCK, KKP_RANDOM],
    useFactory: (
      times: SigningKeyOptions,
      options: KkpModuleOptions,
      ...rest: [SigningKeys, Clock, Random]
    ) =>
      new TokenIssuer(
        {
          defaultTtlSeconds:
            options.tokens?.ttlSeconds ?? Math.min(DEFAULT_TOKEN_TTL, times.maxTokenTtlSeconds),
          maxTtlSeconds: times.maxTokenTtlSeconds,
        },
        ...rest,
      ),
  },
  {
    provide: TokenVerifier,
    inject: [KEY_TIMES, SigningKeys, KKP_CLOCK],
    useFactory: (times: SigningKeyOptions, signing: SigningKeys, clock: Clock) =>
      new TokenVerifier({ maxLifetimeSeconds: times.maxTokenTtlSeconds }, signing, clock),
  },
  {
    provide: PresentedTokens,
    inject: [TokenVerifier],
    useFactory: (verifier: TokenVerifier) => new PresentedTokens(verifier, []),
  },
  IssueToken,
];

const envelopes: Provider[] = [
  {
    provide: BackendRegistry,
    inject: [KKP_OPTIONS, KKP_CLOCK, KKP_RANDOM, KKP_LOG, KkpMetrics],
    useFactory: (options: KkpModuleOptions, clock: Clock, random: Random, log: KkpLog, metrics: KkpMetrics) =>
      new BackendRegistry(options.backends, options.kms ?? {}, clock, random, log, observe(metrics.kms)),
  },
  { provide: KMS_BACKENDS, useExisting: BackendRegistry },
  {
    provide: DATA_KEYS,
    inject: [KKP_OPTIONS, KKP_CLOCK, KKP_RANDOM, KkpMetrics],
    useFactory: dataKeySource,
  },
  {
    provide: EnvelopeService,
    inject: [BackendRegistry, KKP_RANDOM, DATA_KEYS],
    useFactory: (...parts: [BackendRegistry, Random, DataKeySource]) => new EnvelopeService(...parts),
  },
  {
    provide: EnvelopeRewrapper,
    inject: [EnvelopeService, BackendRegistry, KKP_RANDOM],
    useFactory: (...parts: [EnvelopeService, BackendRegistry, Random]) => new EnvelopeRewrapper(...parts),
  },
  {
    provide: GenerateDataKey,
    inject: [EnvelopeService, KKP_RANDOM],
    useFactory: (service: EnvelopeService, random: Random) => new GenerateDataKey(service, random),
  },
  Encrypt,
  Decrypt,
  Rewrap,
];

const observe = (metrics: KmsMetrics): BackendObserver => ({
  onCall: (event) => metrics.call(event),
  onRefused: (event) => metrics.refusal(event),
  onRetry: (event) => metrics.retry(event),
  onDescribe: (event) => metrics.description(event),
});

/** Everything that one `KkpModule` is made of. */
export const PROVIDERS: Provider[] = [
  ...ambient,
  ...policy,
  ...keys,
  ...tokens,
  ...envelopes,
  KkpLifecycle,
  Kkp,
];

/** What a host may inject. */
export const EXPORTS = [
  KKP_LOG,
  Kkp,
  KMS_BACKENDS,
  BackendRegistry,
  SigningKeys,
  TokenVerifier,
  PolicyHolder,
  KkpMetrics,
  ProblemFilter,
];

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

/** @throws ConfigError for limits out of bounds */
function dataKeySource(
  { dataKeyCache }: KkpModuleOptions,
  clock: Clock,
  random: Random,
  { dataKeys: metrics }: KkpMetrics,
): DataKeySource {
  const fresh = new FreshDataKeys(random);
  if (!dataKeyCache) return fresh;
  const limits = checkLimits(DATA_KEY_LIMITS, dataKeyCache, 'dataKeyCache');
  const cache = new CachedDataKeys(fresh, limits, clock, {
    onLookUp: (event) => metrics.lookUp(event),
    onEviction: (event) => metrics.eviction(event),
  });
  metrics.watch(() => cache.sizes);
  return cache;
}

function nestLog(): KkpLog {
  const logger = new Logger('KKP');
  const names = { debug: 'debug', info: 'log', warn: 'warn', error: 'error' } as const;
  return (level, message, fields) =>
    logger[names[level]](
      fields === undefined
        ? message
        : { message, ...fields, ...('error' in fields && { error: describeError(fields.error) }) },
    );
}
