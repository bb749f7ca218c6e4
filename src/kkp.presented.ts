import type { Provider } from '@nestjs/common';
import { IS_OWN_TOKEN } from './access/index.js';
import { SigningKeys } from './keys/index.js';
import { TOKEN_OPTIONS } from './kkp.options.js';
import { Revocations } from './revocation/index.js';
import {
  checkBinding,
  checkOps,
  ownTokens,
  PresentedTokens,
  tokenRules,
  TokenVerifier,
  type TokenOptions,
} from './tokens/index.js';

/** How the tokens that requests show are told from credentials, and judged. */
export const presented: Provider[] = [
  {
    provide: IS_OWN_TOKEN,
    inject: [TOKEN_OPTIONS, SigningKeys],
    // All keys of the ring: tokens of one that is revoked are still ours to refuse.
    useFactory: (options: TokenOptions, keys: SigningKeys) => ownTokens(tokenRules(options), keys),
  },
  {
    provide: PresentedTokens,
    inject: [TokenVerifier, Revocations],
    useFactory: (verifier: TokenVerifier, revocations: Revocations) =>
      new PresentedTokens(verifier, [checkBinding, checkOps, (claims) => revocations.check(claims)]),
  },
];
