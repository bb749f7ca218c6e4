import type { Host } from 'kkp-plugin-kit';
import { credentialError, noToken } from './errors.js';
import { loadPeer } from './peers.js';
import { promptly } from './prompt.js';

export interface AccessToken {
  readonly token: string;
  /** Unix time in milliseconds. */
  readonly expiresOnTimestamp: number;
}

interface TokenOptions {
  readonly abortSignal?: AbortSignal;
  readonly tenantId?: string;
  readonly claims?: string;
  readonly enableCae?: boolean;
}

/** The part of `TokenCredential` of `@azure/core-auth` that is used: every credential of `@azure/identity` has it. */
export interface TokenCredential {
  getToken(scopes: string | string[], options?: TokenOptions): Promise<AccessToken | null>;
}

/** Which of the kinds of `@azure/identity`, with its details. */
export interface CredentialChoice {
  readonly kind: 'default' | 'client-secret' | 'managed-identity' | 'workload-identity';
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly tokenFile: string | undefined;
}

const REFRESH_BEFORE_MS = 120_000;
const TOKEN_TIMEOUT_MS = 30_000;

/** Loads `@azure/identity`, unless the credential is the embedder's own. Asks for no token yet. */
export async function makeCredential(choice: CredentialChoice | TokenCredential): Promise<TokenCredential> {
  if ('getToken' in choice) return choice;
  const identity = await loadPeer('@azure/identity', () => import('@azure/identity'));
  const { kind, tenantId = '', clientId, clientSecret = '', tokenFile } = choice;
  const options = { retryOptions: { maxRetries: 0 } };
  switch (kind) {
    case 'default':
      return new identity.DefaultAzureCredential(options);
    case 'client-secret':
      return new identity.ClientSecretCredential(tenantId, clientId ?? '', clientSecret, options);
    case 'managed-identity':
      return new identity.ManagedIdentityCredential({ ...options, ...(clientId && { clientId }) });
    case 'workload-identity':
      return new identity.WorkloadIdentityCredential({
        ...options,
        ...(tenantId && { tenantId }),
        ...(clientId && { clientId }),
        ...(tokenFile && { tokenFilePath: tokenFile }),
      });
  }
}

/**
 * Keeps a credential's token until shortly before it expires, and has one request for it under way at most. It stands
 * before the SDK's own token cache, which tries a failed refresh again every three seconds and, when nobody waits for
 * it, ends the process by an unhandled rejection: a token that expired at once is never refreshed there by itself.
 */
export class TokenSource implements TokenCredential {
  readonly #credential: TokenCredential;
  readonly #clock: Host['clock'];
  #held: { readonly audience: string; readonly token: AccessToken } | undefined;
  readonly #underWay = new Map<string, Promise<AccessToken>>();

  constructor(credential: TokenCredential, clock: Host['clock']) {
    this.#credential = credential;
    this.#clock = clock;
  }

  /** @throws KmsError of side `proxy` */
  async getToken(scopes: string | string[], options: TokenOptions = {}): Promise<AccessToken> {
    const audience = JSON.stringify([scopes, options.tenantId]);
    // Claims say that the service wants another token than the one it got.
    if (options.claims !== undefined) this.#held = undefined;
    const held = this.#held?.audience === audience ? this.#held.token : undefined;
    const { token } = this.#lasts(held, REFRESH_BEFORE_MS)
      ? held
      : await this.#renew(audience, scopes, options, held);
    return { token, expiresOnTimestamp: 0 };
  }

  async #renew(
    audience: string,
    scopes: string | string[],
    options: TokenOptions,
    held: AccessToken | undefined,
  ): Promise<AccessToken> {
    const underWay = this.#underWay.get(audience) ?? this.#request(audience, scopes, options);
    this.#underWay.set(audience, underWay);
    try {
      return await underWay;
    } catch (error) {
      if (this.#lasts(held, 0)) return held;
      throw error;
    }
  }

  async #request(audience: string, scopes: string | string[], options: TokenOptions): Promise<AccessToken> {
    // Not the caller's signal: others wait for the same token.
    const abortSignal = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
    try {
      const ask = async () => this.#credential.getToken(scopes, { ...options, abortSignal });
      const token = await promptly(abortSignal, ask).catch((error: unknown) => {
        throw credentialError(error);
      });
      if (!token) throw noToken();
      this.#held = { audience, token };
      return token;
    } finally {
      this.#underWay.delete(audience);
    }
  }

  #lasts(token: AccessToken | undefined, ms: number): token is AccessToken {
    return token !== undefined && token.expiresOnTimestamp - ms > this.#clock.now();
  }
}
