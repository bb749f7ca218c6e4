import { hash } from 'node:crypto';
import type { CallerAuthentication } from '../callers/index.js';
import { KkpError } from '../errors.js';
import { PROOF_ALGORITHMS } from '../possession/index.js';
import { TOKEN_USES } from '../tokens/index.js';
import { GRANTS, KEY_DETAIL } from './oauth.dto.js';

export const METADATA_PATH = '.well-known/oauth-authorization-server';

/** A document as it is served, with its strong ETag. */
interface ServedMetadata {
  readonly body: string;
  readonly etag: string;
}

export interface MetadataOptions {
  /** Claim `iss` of tokens, where they have one. */
  readonly issuer: string | undefined;
  /** Where clients see KKP. */
  readonly publicUrl: string | undefined;
}

/** What a client has to know of KKP as an authorization server (RFC 8414). */
export class OAuthMetadata {
  constructor(
    private readonly options: MetadataOptions,
    private readonly callers: Pick<
      CallerAuthentication,
      'bindsTokens' | 'isOn' | 'oauthMethods' | 'takesSubjects'
    >,
  ) {}

  /**
   * @param path of the request, of which what is before `METADATA_PATH` is where a host has put KKP's routes
   * @throws KkpError `not_found` where nothing says who the issuer is: a header of the request cannot
   */
  at(path: string): ServedMetadata {
    const { issuer: named, publicUrl } = this.options;
    const issuer = named ?? publicUrl;
    if (issuer === undefined || !path.endsWith(METADATA_PATH)) {
      throw new KkpError('not_found', 'Nothing says who the issuer is: set tokens.issuer, or public_url.');
    }
    const base = (publicUrl ?? issuer).replace(/\/$/, '') + path.slice(0, -METADATA_PATH.length);
    const body = JSON.stringify(this.document(issuer, base));
    return { body, etag: `"${hash('sha256', body, 'base64url')}"` };
  }

  private document(issuer: string, base: string): object {
    const { bindsTokens, isOn, oauthMethods, takesSubjects } = this.callers;
    const methods = isOn ? oauthMethods : ['none'];
    return {
      issuer,
      token_endpoint: `${base}oauth/token`,
      revocation_endpoint: `${base}oauth/revoke`,
      introspection_endpoint: `${base}oauth/introspect`,
      jwks_uri: `${base}.well-known/jwks.json`,
      // There is no authorization endpoint; the member is required all the same.
      response_types_supported: [],
      grant_types_supported: Object.values(GRANTS),
      // Absent would mean client_secret_basic, which may be no way here. None: whoever exchanges its own JWT.
      token_endpoint_auth_methods_supported: takesSubjects ? [...methods, 'none'] : methods,
      revocation_endpoint_auth_methods_supported: methods,
      // May name types of tokens too: callers with a JWT show it as Bearer.
      introspection_endpoint_auth_methods_supported: takesSubjects ? [...methods, 'Bearer'] : methods,
      scopes_supported: TOKEN_USES,
      authorization_details_types_supported: [KEY_DETAIL],
      dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
      tls_client_certificate_bound_access_tokens: bindsTokens,
    };
  }
}
