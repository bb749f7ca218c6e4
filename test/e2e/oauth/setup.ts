import { apiKey, jwt, makeKey } from '../../../src/callers/index.js';
import { systemRandom } from '../../../src/random.js';
import { basic } from '../../support/form.js';
import { makeKey as makeSigningKey, signJwt, TestIssuer, type TestKey } from '../../support/issuer.js';
import { startServer, type Answer, type TestServer, type TestServerOptions } from '../../support/server.js';

/** KKP with API keys for some clients, and an issuer of JWTs whose callers it takes. */
export interface OAuthServer extends TestServer {
  readonly issuer: TestIssuer;
  /** Its key. */
  readonly signing: TestKey;
  /** Headers that authenticate a client by `client_secret_basic`. */
  as(name: ClientName): { authorization: string };
  keyOf(name: ClientName): string;
  /** A JWT of the issuer for the subject "alice", good for this KKP. */
  jwt(more?: object): string;
  close(): Promise<void>;
}

export const CLIENTS = {
  'svc-billing': [],
  'svc-gateway': [],
  'svc-reports': [],
  'a b:c/é': [],
  issuer: ['kkp:issue'],
  admin: ['kkp:admin'],
} as const;

export type ClientName = keyof typeof CLIENTS;

export const now = (): number => Math.floor(Date.now() / 1000);

export async function startOAuth(options: TestServerOptions = {}): Promise<OAuthServer> {
  const signing: TestKey = makeSigningKey('RS256', 'k1');
  const issuer = await TestIssuer.start(signing);
  const made = Object.entries(CLIENTS).map(([name, scopes]) => ({ name, scopes, ...makeKey(systemRandom) }));
  const keys = made.map(({ id, hash, name, scopes }) => ({ id, hash, name, scopes }));
  const keyOf = (name: ClientName): string => made.find((one) => one.name === name)!.key;
  const server = await startServer({
    ...options,
    overrides: {
      callers: [
        apiKey({ keys }),
        jwt({
          issuer: issuer.url,
          audience: 'kkp',
          jwksUrl: issuer.jwksUrl,
          scopes: { 'kkp:admin': ['ops'] },
        }),
      ],
      ...options.overrides,
    },
  });
  return {
    ...server,
    issuer,
    signing,
    keyOf,
    as: (name) => basic(name, keyOf(name)),
    jwt: (more = {}) => signJwt(issuer.claims(now(), more), signing),
    close: async () => {
      await server.close();
      await issuer.close();
    },
  };
}

/** The claims of the token in an answer. */
export const claimsOf = ({ body }: Answer): Record<string, unknown> =>
  JSON.parse(Buffer.from((body.access_token as string).split('.')[1]!, 'base64url').toString()) as Record<
    string,
    unknown
  >;
