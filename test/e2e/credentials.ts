import { apiKey, jwt, makeKey as makeApiKey, type Authenticator } from '../../src/callers/index.js';
import type { Clock } from '../../src/clock.js';
import { systemRandom } from '../../src/random.js';
import { basic } from '../support/form.js';
import { makeKey, signJwt, TestIssuer, type TestKey } from '../support/issuer.js';
import { badges, passes, type Standing } from './route-matrix.js';

const SCOPES = ['kkp:issue', 'kkp:admin'] as const;
const CLIENT = 'svc-nightly';

/** What requests are signed with, or show. */
export interface Wallet {
  /** A KKP token. */
  readonly token: string;
  /** One that was as good until its end. */
  readonly expired: string;
  readonly apiKey: string;
  /** A JWT of the issuer that KKP takes; `wrong`: with what it takes amiss. */
  jwt(wrong?: object, signer?: TestKey): string;
  /** A key under the name of the issuer's, and one under a name of its own: neither is the issuer's. */
  readonly evil: Readonly<Record<'sameKid' | 'ownKid', TestKey>>;
  /** Unix seconds. */
  readonly now: number;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Another signature of the same length. */
const forge = (token: string): string =>
  token.replace(/[^.]+$/, (signature) => signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')));

export interface Credential {
  readonly standing: Standing;
  /** No KKP token comes with it in the body: that it would be taken for itself. */
  readonly isAlone?: true;
  /** What a request shows of its caller. */
  headers(wallet: Wallet): Record<string, string>;
}

const stranger = (headers: Credential['headers']): Credential => ({ standing: 'stranger', headers });
const known = (headers: Credential['headers']): Credential => ({ standing: 'known', headers });
const trusted = (headers: Credential['headers']): Credential => ({ standing: 'trusted', headers });
const alone = (credential: Credential): Credential => ({ ...credential, isAlone: true });

/** By the column of the matrix. */
export const CREDENTIALS: Readonly<Record<string, Credential>> = {
  none: alone(stranger(() => ({}))),
  malformed: stranger(() => ({ authorization: 'Bearer' })),
  'JWT, all scopes': trusted(({ jwt }) => bearer(jwt({ scope: 'issue ops' }))),
  'JWT, no scope': known(({ jwt }) => bearer(jwt())),
  'JWT, other scopes': known(({ jwt }) => bearer(jwt({ scope: 'openid profile kkp:admin' }))),
  'JWT, expired': stranger(({ jwt, now }) => bearer(jwt({ scope: 'issue ops', exp: now - 31 }))),
  'JWT, not yet valid': stranger(({ jwt, now }) => bearer(jwt({ scope: 'issue ops', nbf: now + 31 }))),
  'JWT, other audience': stranger(({ jwt }) => bearer(jwt({ scope: 'issue ops', aud: 'reports' }))),
  'JWT, other issuer': stranger(({ jwt }) =>
    bearer(jwt({ scope: 'issue ops', iss: 'https://elsewhere.example' })),
  ),
  'JWT, bad signature': stranger(({ jwt, evil }) => bearer(jwt({ scope: 'issue ops' }, evil.sameKid))),
  'JWT, unknown kid': stranger(({ jwt, evil }) => bearer(jwt({ scope: 'issue ops' }, evil.ownKid))),
  'API key': trusted(({ apiKey }) => ({ 'x-api-key': apiKey })),
  'API key, bad': stranger(({ apiKey }) => ({ 'x-api-key': `${apiKey.slice(0, -1)}-` })),
  'client secret': trusted(({ apiKey }) => basic(CLIENT, apiKey)),
  'client secret, other client': stranger(({ apiKey }) => basic('svc-billing', apiKey)),
  'own authenticator, all scopes': trusted(() => ({ 'x-badge': 'admin' })),
  'own authenticator, no scope': known(() => ({ 'x-badge': 'plain' })),
  'own authenticator, bad': stranger(() => ({ 'x-badge': 'forged' })),
  'two credentials': { standing: 'two at once', headers: () => ({ 'x-badge': 'admin', 'x-pass': 'any' }) },
  'KKP token only': alone({ standing: 'token', headers: ({ token }) => bearer(token) }),
  'KKP token, forged': alone(stranger(({ token }) => bearer(forge(token)))),
  'KKP token, expired': alone(stranger(({ expired }) => bearer(expired))),
};

export interface Callers {
  /** For the server. */
  readonly authenticators: readonly Authenticator[];
  readonly issuer: TestIssuer;
  /** The issuer's. */
  readonly key: TestKey;
  /** @param own KKP's tokens */
  wallet(own: Pick<Wallet, 'token' | 'expired'>): Wallet;
}

/** All kinds of callers that need no certificate: a real issuer of JWTs, an API key, and authenticators of somebody's own. */
export async function knownCallers(clock: Clock): Promise<Callers> {
  const [key, another] = [makeKey('ES256', 'issuer-1'), makeKey('ES256', 'issuer-2')];
  const issuer = await TestIssuer.start(key);
  const { key: text, id, hash } = makeApiKey(systemRandom);
  const scopes = { 'kkp:issue': ['issue'], 'kkp:admin': ['ops'] };
  return {
    authenticators: [
      jwt({ issuer: issuer.url, audience: 'kkp', jwksUrl: issuer.jwksUrl, scopes }, clock),
      apiKey({ keys: [{ id, hash, name: CLIENT, scopes: SCOPES }] }, clock),
      badges,
      passes,
    ],
    issuer,
    key,
    wallet: (own) => {
      const now = Math.floor(clock.now() / 1000);
      // Older than the moment, so that an end that has passed leaves it a life.
      const claims = (more: object) => ({ ...issuer.claims(now, { iat: now - 60, nbf: now - 60 }), ...more });
      return {
        ...own,
        now,
        apiKey: text,
        evil: { sameKid: { ...another, kid: key.kid }, ownKid: another },
        jwt: (wrong = {}, signer = key) => signJwt(claims(wrong), signer),
      };
    },
  };
}
