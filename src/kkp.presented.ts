import type { Provider } from '@nestjs/common';
import { IS_OWN_TOKEN } from './access/index.js';
import type { Clock } from './clock.js';
import { SigningKeys } from './keys/index.js';
import { KKP_CLOCK, KKP_OPTIONS, TOKEN_OPTIONS, type KkpModuleOptions } from './kkp.options.js';
import { checkLimits } from './limits.js';
import { KkpMetrics } from './metrics.js';
import { REFUSAL_LIMITS, RefusedCredentials } from './quotas/index.js';
import { Revocations } from './revocation/index.js';
import {
  checkBinding,
  checkOps,
  ownTokens,
  PresentedTokens,
  tokenRules,
  TokenVerifier,
  type TokenClaims,
  type TokenOptions,
} from './tokens/index.js';

/** How the tokens and credentials that requests show are told apart, judged, and counted when refused. */
export const presented: Provider[] = [
  {
    provide: IS_OWN_TOKEN,
    inject: [TOKEN_OPTIONS, SigningKeys],
    // All keys of the ring: tokens of one that is revoked are still ours to refuse.
    useFactory: (options: TokenOptions, keys: SigningKeys) => ownTokens(tokenRules(options), keys),
  },
  {
    provide: PresentedTokens,
    inject: [TokenVerifier, Revocations, RefusedCredentials],
    useFactory: (verifier: TokenVerifier, revocations: Revocations, refusals: RefusedCredentials) => {
      const checkRevoked = (claims: TokenClaims, kid?: string) => revocations.check(claims, kid);
      return new PresentedTokens(verifier, [checkBinding, checkOps], checkRevoked, refusals);
    },
  },
  {
    provide: RefusedCredentials,
    inject: [KKP_OPTIONS, KKP_CLOCK, KkpMetrics],
    useFactory: ({ quotas = {} }: KkpModuleOptions, clock: Clock, metrics: KkpMetrics) => {
      const { refusedCredentialsPerMinute } = checkLimits(REFUSAL_LIMITS, quotas, 'quotas');
      const onRefused = () => metrics.rateLimited('refused_credentials');
      return new RefusedCredentials(refusedCredentialsPerMinute, clock, onRefused);
    },
  },
];
