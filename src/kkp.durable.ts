import type { Provider } from '@nestjs/common';
import type { Clock } from './clock.js';
import { SigningKeys, type SigningKeyOptions } from './keys/index.js';
import {
  fromOptions,
  KEY_TIMES,
  KKP_CLOCK,
  KKP_OPTIONS,
  KKP_STORE,
  REVOCATION_BOUND,
  type KkpModuleOptions,
} from './kkp.options.js';
import { checkLimits } from './limits.js';
import {
  IntrospectToken,
  REVOCATION_LIMITS,
  RevocationList,
  Revocations,
  RevokeTokens,
} from './revocation/index.js';
import { MemoryStore, SqliteStore, type Store } from './store/index.js';
import { TokenVerifier } from './tokens/index.js';

/** Where state lives, and what is taken back. */
export const store: Provider[] = [
  fromOptions<Store>(KKP_STORE, ({ store }) =>
    store === undefined ? new MemoryStore() : new SqliteStore(store.dataDir),
  ),
];

export const revocation: Provider[] = [
  {
    provide: Revocations,
    inject: [KEY_TIMES, KKP_OPTIONS, KKP_STORE, SigningKeys, KKP_CLOCK],
    useFactory: (
      { ttlSeconds, maxTokenTtlSeconds, skewSeconds }: SigningKeyOptions,
      options: KkpModuleOptions,
      ...rest: [Store, SigningKeys, Clock]
    ) => {
      const { maxRules } = revocationLimits(options);
      return new Revocations(
        { keyTtlSeconds: ttlSeconds, maxTokenTtlSeconds, skewSeconds, maxRules },
        ...rest,
      );
    },
  },
  {
    provide: RevocationList,
    inject: [KKP_OPTIONS, Revocations, SigningKeys, KKP_CLOCK],
    useFactory: (options: KkpModuleOptions, ...rest: [Revocations, SigningKeys, Clock]) => {
      const { issuer } = options.tokens ?? {};
      const ttlSeconds = revocationLimits(options).listTtlSeconds;
      return new RevocationList({ ttlSeconds, ...(issuer !== undefined && { issuer }) }, ...rest);
    },
  },
  {
    provide: RevokeTokens,
    inject: [Revocations, KKP_CLOCK],
    useFactory: (...parts: [Revocations, Clock]) => new RevokeTokens(...parts),
  },
  {
    provide: IntrospectToken,
    inject: [TokenVerifier, Revocations],
    useFactory: (...parts: [TokenVerifier, Revocations]) => new IntrospectToken(...parts),
  },
  fromOptions(REVOCATION_BOUND, (options) => ({
    here: 0,
    offline: revocationLimits(options).listTtlSeconds,
  })),
];

const revocationLimits = ({ revocation = {} }: KkpModuleOptions) =>
  checkLimits(REVOCATION_LIMITS, revocation, 'revocation');

/** The keys of the ring that are not revoked. One leaves the ring when it is, but not before that is stored. */
export const trusted = (
  signing: SigningKeys,
  revocations: Revocations,
): Pick<SigningKeys, 'verificationKey'> => ({
  verificationKey: (kid) => (revocations.isRevokedKey(kid) ? undefined : signing.verificationKey(kid)),
});
