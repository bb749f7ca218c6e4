import { Inject, Logger, type FactoryProvider, type Provider } from '@nestjs/common';
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
import { SigningKeys } from './keys/index.js';
import { revocation, store, trusted } from './kkp.durable.js';
import { Kkp } from './kkp.js';
import { KkpLifecycle } from './kkp.lifecycle.js';
import { KkpMode } from './kkp.mode.js';
import { oauth } from './kkp.oauth.js';
import {
  DATA_KEYS,
  KEY_TIMES,
  KKP_CLOCK,
  KKP_OPTIONS,
  KKP_RANDOM,
  REVOCATION_BOUND,
  TOKEN_OPTIONS,
  fromOptions,
  type KkpModuleOptions,
} from './kkp.options.js';
import { presented } from './kkp.presented.js';
import { tokenOptions } from './kkp.token-options.js';
import { checkLimits } from './limits.js';
import { signing } from './kkp.signing.js';
import { describeError, KKP_LOG, type KkpLog } from './log.js';
import type { KmsMetrics } from './kms-metrics.js';
import { KkpMetrics } from './metrics.js';
import { loadPolicy, PolicyHolder } from './policy/index.js';
import { createPossession, Possession } from './possession/index.js';
import { Quotas, QUOTA_LIMITS } from './quotas/index.js';
import { systemRandom, type Random } from './random.js';
import { Revocations } from './revocation/index.js';
import {
  IssueToken,
  PresentedTokens,
  TokenIssuer,
  tokenRules,
  TokenVerifier,
  type TokenOptions,
} from './tokens/index.js';

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
  {
    provide: Quotas,
    inject: [KKP_OPTIONS, KKP_CLOCK, KkpMetrics],
    useFactory: ({ quotas = {} }: KkpModuleOptions, clock: Clock, metrics: KkpMetrics) =>
      new Quotas(checkLimits(QUOTA_LIMITS, quotas, 'quotas'), clock, (quota) => metrics.rateLimited(quota)),
  },
  {
    provide: Possession,
    inject: [KKP_OPTIONS, KKP_CLOCK],
    useFactory: createPossession,
  },
  Authentication,
  AuthenticationHook,
  Authorizer,
  BatchRunner,
  PolicyGuard,
  ProblemFilter,
];

const tokens: Provider[] = [
  {
    provide: TOKEN_OPTIONS,
    inject: [KEY_TIMES, KKP_OPTIONS],
    useFactory: tokenOptions,
  },
  {
    provide: TokenIssuer,
    inject: [TOKEN_OPTIONS, SigningKeys, KKP_CLOCK, KKP_RANDOM],
    useFactory: (...parts: [TokenOptions, SigningKeys, Clock, Random]) => new TokenIssuer(...parts),
  },
  {
    provide: TokenVerifier,
    inject: [TOKEN_OPTIONS, SigningKeys, KKP_CLOCK, Revocations],
    useFactory: (options: TokenOptions, signing: SigningKeys, clock: Clock, revocations: Revocations) =>
      new TokenVerifier(tokenRules(options), trusted(signing, revocations), clock),
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
    inject: [PresentedTokens, EnvelopeService, KKP_RANDOM],
    useFactory: (...parts: [PresentedTokens, EnvelopeService, Random]) => new GenerateDataKey(...parts),
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
  ...store,
  ...signing,
  ...tokens,
  ...presented,
  ...revocation,
  ...oauth,
  ...envelopes,
  KkpMode,
  KkpLifecycle,
  Kkp,
];

/** What a host may inject. */
export const EXPORTS = [
  KKP_LOG,
  Kkp,
  KMS_BACKENDS,
  BackendRegistry,
  CallerAuthentication,
  SigningKeys,
  TokenVerifier,
  PolicyHolder,
  Revocations,
  REVOCATION_BOUND,
  KkpMetrics,
  ProblemFilter,
];

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
