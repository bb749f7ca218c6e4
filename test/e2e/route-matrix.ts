import type { AuthenticatedCaller, Authenticator } from '../../src/callers/index.js';
import { KkpError } from '../../src/errors.js';
import { DETAILS } from '../support/form.js';
import { GRANT } from '../support/server.js';

const named = (id: string, ...scopes: string[]): AuthenticatedCaller => ({
  kind: 'badge',
  id,
  scopes,
  attributes: {},
});

export const ADMIN = named('operator', 'kkp:issue', 'kkp:admin');

const BADGES: Readonly<Record<string, AuthenticatedCaller>> = { plain: named('svc-reports'), admin: ADMIN };

/** An authenticator of somebody's own making, given to the module: a badge in the header `x-badge`. */
export const badges: Authenticator = {
  authenticate({ headers }) {
    const badge = headers['x-badge'];
    if (typeof badge !== 'string') return Promise.resolve(undefined);
    const caller = BADGES[badge];
    if (!caller) return Promise.reject(new KkpError('unauthenticated', 'The badge is not good.'));
    return Promise.resolve(caller);
  },
};

/** Another one, so that a request can show two credentials. */
export const passes: Authenticator = {
  authenticate: ({ headers }) => Promise.resolve('x-pass' in headers ? named('svc-passing') : undefined),
};

const STRANGERS_JWT = [
  { alg: 'RS256', typ: 'JWT' },
  { iss: 'https://elsewhere.example', sub: 'svc-billing' },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('c2lnbmF0dXJl')
  .join('.');

/** Another signature of the same length. */
const forge = (token: string): string =>
  token.replace(/[^.]+$/, (signature) => signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')));

/** What a request shows of its caller, by the column of the matrix. */
export const CREDENTIALS = {
  none: () => ({}),
  malformed: () => ({ authorization: 'Bearer' }),
  'unknown issuer': () => ({ authorization: `Bearer ${STRANGERS_JWT}` }),
  'bad credential': () => ({ 'x-badge': 'forged' }),
  'no scope': () => ({ 'x-badge': 'plain' }),
  'all scopes': () => ({ 'x-badge': 'admin' }),
  'KKP token only': ({ token }) => ({ authorization: `Bearer ${token}` }),
  'forged KKP token': ({ token }) => ({ authorization: `Bearer ${forge(token)}` }),
  'expired KKP token': ({ expired }) => ({ authorization: `Bearer ${expired}` }),
  'two credentials': () => ({ 'x-badge': 'admin', 'x-pass': 'any' }),
} satisfies Record<string, (material: Material) => Record<string, string>>;

export type Credential = keyof typeof CREDENTIALS;

export interface Material {
  readonly token: string;
  /** Was as good until its end. */
  readonly expired: string;
  readonly envelope: object;
}

export interface Route {
  /** A good body. `token`: only where the column has a caller, for one that comes alone is the column "KKP token only". */
  readonly body?: (material: Partial<Material>) => object;
  /** Sent as a form. */
  readonly isForm?: true;
  /** Statuses in the order of `CREDENTIALS`; of a batch, of its only item, where the batch itself is answered 200. */
  readonly statuses: readonly number[];
}

const KEY = { backend: GRANT.backend, key_id: GRANT.key_id };
const SECRET = { ...KEY, plaintext: 'attack at dawn' };
const open = ({ token, envelope }: Partial<Material>) => ({
  ...(token !== undefined && { token }),
  envelope,
});
const batch = (item: (material: Partial<Material>) => object) => (material: Partial<Material>) => ({
  items: [item(material)],
});

const PUBLIC: Route = { statuses: Object.keys(CREDENTIALS).map(() => 200) };
const FOR_CALLERS = [401, 401, 401, 401, 200, 200, 403, 401, 401, 400];
const FOR_ADMINISTRATORS = [401, 401, 401, 401, 403, 200, 401, 401, 401, 400];
const FOR_CLIENTS = [401, 401, 401, 401, 200, 200, 401, 401, 401, 400];
const FOR_TOKENS = [401, 401, 401, 401, 200, 200, 200, 401, 401, 400];

/** Every route that the server has. One that is not here fails the test until somebody has said who may use it. */
export const ROUTES: Readonly<Record<string, Route>> = {
  ...Object.fromEntries(
    [
      '.well-known/jwks.json',
      '.well-known/kkp-revocations',
      '.well-known/oauth-authorization-server',
      'keys/jwks',
      'livez',
      'metrics',
      'openapi.json',
      'readyz',
    ].flatMap((path) => [
      [`GET /${path}`, PUBLIC],
      [`HEAD /${path}`, PUBLIC],
    ]),
  ),
  'POST /datakey': { body: () => KEY, statuses: FOR_CALLERS },
  'POST /datakey/batch': { body: batch(() => KEY), statuses: FOR_CALLERS },
  'POST /envelope/decrypt': { body: open, statuses: FOR_TOKENS },
  'POST /envelope/decrypt/batch': { body: batch(open), statuses: FOR_TOKENS },
  'POST /envelope/encrypt': { body: () => SECRET, statuses: FOR_CALLERS },
  'POST /envelope/encrypt/batch': { body: batch(() => SECRET), statuses: FOR_CALLERS },
  'POST /envelope/rewrap': { body: open, statuses: FOR_TOKENS },
  'POST /envelope/rewrap/batch': { body: batch(open), statuses: FOR_TOKENS },
  'POST /introspect': { body: () => ({ token: 'a' }), statuses: FOR_ADMINISTRATORS },
  'POST /keys/rotate': { body: () => ({}), statuses: [401, 401, 401, 401, 403, 201, 401, 401, 401, 400] },
  'POST /oauth/introspect': {
    isForm: true,
    body: () => ({ token: 'a' }),
    statuses: [401, 401, 401, 401, 400, 200, 401, 401, 401, 400],
  },
  // Of no live token.
  'POST /oauth/revoke': { isForm: true, body: () => ({ token: 'a' }), statuses: FOR_CLIENTS },
  'POST /oauth/token': {
    isForm: true,
    body: () => ({
      grant_type: 'client_credentials',
      audience: 'reports',
      authorization_details: DETAILS,
    }),
    statuses: FOR_CLIENTS,
  },
  // Of nobody's token.
  'POST /revoke': { body: () => ({ subject: 'svc-gone' }), statuses: FOR_ADMINISTRATORS },
  // For the subject svc-billing: somebody else than the caller without a scope.
  'POST /token': { body: () => GRANT, statuses: [401, 401, 401, 401, 403, 200, 401, 401, 401, 400] },
};
