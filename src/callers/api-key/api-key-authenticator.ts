import type { Clock } from '../../clock.js';
import { KkpError } from '../../errors.js';
import type { KkpLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import type { Authenticator, CallerRequest } from '../authenticator.js';
import type { AuthenticatedCaller } from '../caller.js';
import { valuesOf } from '../header-values.js';
import { clientPasswordOf, isBasic } from './basic.js';
import type { ApiKeys } from './entries.js';
import { idOf, matches, type KeyHash } from './key-text.js';

/** The header of a key, beside which `Authorization` is left to a token. */
const HEADER = 'x-api-key';

/** Compared with when there is no such key, so that it takes as long. No key has it. */
const DECOY: KeyHash = { salt: systemRandom.bytes(16), mac: systemRandom.bytes(32) };

/** The configured keys as they are now. */
interface KeySource {
  readonly keys: ApiKeys;
  useLog?(log: KkpLog): void;
}

/**
 * Callers who show an API key as `X-API-Key`, or as the secret of a client whose id is the name of the key: as
 * `Authorization: Basic`, which is OAuth's `client_secret_basic`. Their id is the name of the key.
 */
export class ApiKeyAuthenticator implements Authenticator {
  readonly credentialHeaders = [HEADER];
  readonly oauthMethod = 'client_secret_basic';

  constructor(
    private readonly source: KeySource,
    private readonly clock: Clock,
  ) {}

  useLog(log: KkpLog): void {
    this.source.useLog?.(log);
  }

  authenticate(request: CallerRequest): Promise<AuthenticatedCaller | undefined> {
    const [text, another] = valuesOf(request, HEADER);
    return new Promise((resolve) => {
      if (another !== undefined) throw new KkpError('invalid_request', 'Send exactly one X-API-Key header.');
      if (!isBasic(request)) resolve(text === undefined ? undefined : this.#callerOf(text));
      else if (text === undefined) resolve(this.#clientOf(request));
      else
        throw new KkpError(
          'invalid_request',
          'Send exactly one credential: X-API-Key or Authorization: Basic.',
        );
    });
  }

  #clientOf(request: CallerRequest): AuthenticatedCaller {
    const { id, secret } = clientPasswordOf(request) ?? { id: '', secret: '' };
    const caller = this.#callerOf(secret);
    if (caller.id === id) return caller;
    throw new KkpError('unauthenticated', 'The API key is not valid.');
  }

  #callerOf(text: string): AuthenticatedCaller {
    const id = idOf(text);
    const key = id === undefined ? undefined : this.source.keys.get(id);
    const isRight = matches(text, key?.hash ?? DECOY);
    if (key === undefined || !isRight) throw new KkpError('unauthenticated', 'The API key is not valid.');
    if (this.clock.now() >= key.expiresAt) throw new KkpError('unauthenticated', 'The API key has expired.');
    return { kind: 'api_key', id: key.name, scopes: key.scopes, attributes: key.attributes };
  }
}
