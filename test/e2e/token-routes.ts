import { athOf, type ProofMaker } from '../support/dpop.js';
import type { TestServer } from '../support/server.js';

/** Where a request shows a KKP token: in its body, with a DPoP proof or without, or in `Authorization` by a scheme. */
export type Place = 'body' | 'body with proof' | 'Bearer' | 'DPoP';

const ANYWHERE: readonly Place[] = ['body', 'body with proof', 'Bearer', 'DPoP'];
const IN_HEADER: readonly Place[] = ['Bearer', 'DPoP'];

export interface TokenRoute {
  readonly path: string;
  readonly places: readonly Place[];
  /** A body that is good beside the token. */
  readonly body: (envelope: object) => object;
  /** Tells an administrator about the token instead of doing what it is for. */
  readonly inspects?: true;
}

export const KEY = { backend: 'aws', key_id: 'alias/orders' };
const CONTEXT = { environment: 'production' };
const ASKED = { ...KEY, policy_context: CONTEXT };
const opened = (envelope: object) => ({ envelope, context: CONTEXT });
const SECRET = { ...ASKED, plaintext: 'attack at dawn' };

const SINGLE: readonly TokenRoute[] = [
  { path: '/envelope/decrypt', places: ANYWHERE, body: opened },
  { path: '/envelope/rewrap', places: ANYWHERE, body: opened },
  { path: '/envelope/encrypt', places: IN_HEADER, body: () => SECRET },
  { path: '/datakey', places: IN_HEADER, body: () => ASKED },
];

/** Every route that takes a KKP token. One that is not here fails the test that compares with the matrix of routes. */
export const TOKEN_ROUTES: readonly TokenRoute[] = [
  ...SINGLE,
  ...SINGLE.map((route) => ({ ...route, path: `${route.path}/batch` })),
  { path: '/introspect', places: ['body'], body: () => ({}), inspects: true },
];

export type Cell = TokenRoute & { readonly place: Place };

/** A route and a place in it. */
export const CELLS: readonly Cell[] = TOKEN_ROUTES.flatMap((route) =>
  route.places.map((place) => ({ ...route, place })),
);

/** What became of a request; of a batch, of its only item where the batch itself was taken. */
export interface Outcome {
  readonly accepted: boolean;
  readonly status: number;
  readonly error?: string;
  readonly detail?: string;
}

/** Header fields hold visible ASCII; no client can send another token there. */
export const fits = (token: string, { place }: Cell): boolean =>
  isInBody(place) || /^[\x21-\x7e]+$/.test(token);

const isInBody = (place: Place): boolean => place.startsWith('body');
const isProven = (place: Place): boolean => place === 'DPoP' || place === 'body with proof';

export interface Shower {
  readonly server: TestServer;
  readonly envelope: object;
  readonly client: ProofMaker;
  /** Unix seconds. */
  readonly now: () => number;
}

/** Shows a token, with a proof that is good for whatever token it is. */
export async function show(token: string, cell: Cell, shower: Shower, more: object = {}): Promise<Outcome> {
  const { path, place, inspects } = cell;
  const one = { ...cell.body(shower.envelope), ...(isInBody(place) && { token }), ...more };
  const response = await fetch(shower.server.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(inspects && { 'x-badge': 'admin' }),
      ...(!isInBody(place) && { authorization: `${place} ${token}` }),
      ...(isProven(place) && { dpop: await proof(token, path, shower) }),
    },
    body: JSON.stringify(path.endsWith('/batch') ? { items: [one] } : one),
  });
  const answer = (await response.json()) as Answered & { results?: [{ status: number; body: Answered }] };
  const { status, body } = answer.results?.[0] ?? { status: response.status, body: answer };
  const { error, detail, active = true } = body;
  return {
    accepted: status === 200 && active,
    status,
    ...(error !== undefined && { error }),
    ...(detail !== undefined && { detail }),
  };
}

interface Answered {
  readonly error?: string;
  readonly detail?: string;
  readonly active?: boolean;
}

const proof = (token: string, path: string, { server, client, now }: Shower): Promise<string> =>
  client.prove({ htm: 'POST', htu: server.url + path, ath: athOf(token), iat: now() });
