import type { Provider } from '@nestjs/common';
import { IS_OWN_TOKEN, type IsOwnToken } from './access/index.js';
import { BackendRegistry } from './backends/index.js';
import { CallerAuthentication } from './callers/index.js';
import type { Clock } from './clock.js';
import { KKP_CLOCK, KKP_OPTIONS, type KkpModuleOptions } from './kkp.options.js';
import { GrantToken, OAuthMetadata, RevokeToken, SubjectTokens } from './oauth/index.js';
import { normalUrl } from './possession/index.js';
import { RefusedCredentials } from './quotas/index.js';
import { Revocations } from './revocation/index.js';
import { PresentedTokens, TokenIssuer, TokenVerifier } from './tokens/index.js';

type SubjectParts = [PresentedTokens, CallerAuthentication, IsOwnToken, RefusedCredentials];
type GrantParts = [TokenIssuer, BackendRegistry, SubjectTokens, KkpModuleOptions, Clock];

/** The OAuth face of tokens. */
export const oauth: Provider[] = [
  {
    provide: SubjectTokens,
    inject: [PresentedTokens, CallerAuthentication, IS_OWN_TOKEN, RefusedCredentials],
    useFactory: (...parts: SubjectParts) => new SubjectTokens(...parts),
  },
  {
    provide: GrantToken,
    inject: [TokenIssuer, BackendRegistry, SubjectTokens, KKP_OPTIONS, KKP_CLOCK],
    useFactory: (...[issuer, backends, subjects, options, clock]: GrantParts) =>
      new GrantToken(issuer, backends, subjects, resourceOf(options), clock),
  },
  {
    provide: RevokeToken,
    inject: [TokenVerifier, Revocations],
    useFactory: (...parts: [TokenVerifier, Revocations]) => new RevokeToken(...parts),
  },
  {
    provide: OAuthMetadata,
    inject: [KKP_OPTIONS, CallerAuthentication],
    useFactory: ({ publicUrl, tokens }: KkpModuleOptions, callers: CallerAuthentication) =>
      new OAuthMetadata({ publicUrl, issuer: tokens?.issuer }, callers),
  },
];

/** Whether a resource (RFC 8707) is KKP itself. Unless something says where that is, nothing is. */
function resourceOf({ publicUrl, tokens }: KkpModuleOptions): (resource: string) => boolean {
  const own = publicUrl ?? tokens?.issuer;
  const ours = own === undefined ? undefined : normalUrl(own)?.replace(/\/$/, '');
  return (resource) => ours !== undefined && normalUrl(resource)?.replace(/\/$/, '') === ours;
}
