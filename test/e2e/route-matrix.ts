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

/** What bodies are made of. */
export interface Material {
  readonly token: string;
  readonly envelope: object;
}

/** How whoever asks stands with KKP. What a route answers depends on this alone. */
export type Standing =
  /** Shows nothing, or nothing that is good. */
  | 'stranger'
  /** Authenticated, without a scope. */
  | 'known'
  /** Authenticated, with all scopes. */
  | 'trusted'
  /** Shows a good KKP token, and no credential of a caller. */
  | 'token'
  /** Shows two credentials. */
  | 'two at once';

export type Answers = Readonly<Record<Standing, number>>;

export interface Route {
  /** A good body, of a route that is not public. `token`: only beside a credential of a caller. */
  readonly body?: (material: Partial<Material>) => object;
  /** Sent as a form. */
  readonly isForm?: true;
  /** Statuses; of a batch, of its only item, where the batch itself is answered 200. */
  readonly answers: Answers;
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

const REFUSED: Answers = { stranger: 401, known: 401, trusted: 401, token: 401, 'two at once': 400 };
const PUBLIC: Route = {
  answers: { stranger: 200, known: 200, trusted: 200, token: 200, 'two at once': 200 },
};
const FOR_CALLERS: Answers = { ...REFUSED, known: 200, trusted: 200, token: 403 };
const FOR_ADMINISTRATORS: Answers = { ...REFUSED, known: 403, trusted: 200 };
const FOR_CLIENTS: Answers = { ...REFUSED, known: 200, trusted: 200 };
const FOR_TOKENS: Answers = { ...FOR_CLIENTS, token: 200 };

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
  'POST /datakey': { body: () => KEY, answers: FOR_CALLERS },
  'POST /datakey/batch': { body: batch(() => KEY), answers: FOR_CALLERS },
  'POST /envelope/decrypt': { body: open, answers: FOR_TOKENS },
  'POST /envelope/decrypt/batch': { body: batch(open), answers: FOR_TOKENS },
  'POST /envelope/encrypt': { body: () => SECRET, answers: FOR_CALLERS },
  'POST /envelope/encrypt/batch': { body: batch(() => SECRET), answers: FOR_CALLERS },
  'POST /envelope/rewrap': { body: open, answers: FOR_TOKENS },
  'POST /envelope/rewrap/batch': { body: batch(open), answers: FOR_TOKENS },
  'POST /introspect': { body: () => ({ token: 'a' }), answers: FOR_ADMINISTRATORS },
  'POST /keys/rotate': { body: () => ({}), answers: { ...FOR_ADMINISTRATORS, trusted: 201 } },
  'POST /oauth/introspect': {
    isForm: true,
    body: () => ({ token: 'a' }),
    answers: { ...FOR_ADMINISTRATORS, known: 400 },
  },
  // Of no live token.
  'POST /oauth/revoke': { isForm: true, body: () => ({ token: 'a' }), answers: FOR_CLIENTS },
  'POST /oauth/token': {
    isForm: true,
    body: () => ({
      grant_type: 'client_credentials',
      audience: 'reports',
      authorization_details: DETAILS,
    }),
    answers: FOR_CLIENTS,
  },
  // Of nobody's token.
  'POST /revoke': { body: () => ({ subject: 'svc-gone' }), answers: FOR_ADMINISTRATORS },
  // For the subject svc-billing: somebody else than the caller without a scope.
  'POST /token': { body: () => GRANT, answers: { ...FOR_CALLERS, known: 403, token: 401 } },
};

/** Those that ask who is there. */
export const GUARDED: readonly (readonly [name: string, route: Route])[] = Object.entries(ROUTES).filter(
  ([, { body }]) => body,
);
