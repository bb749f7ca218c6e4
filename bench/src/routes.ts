/** One route under load, on either server. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The body to send over and over, made anew for each load so that its token is fresh. */
  body(url: string): Promise<string | undefined>;
  /** Whether an answer is the one that the route is for. */
  isRight(answer: Answer): boolean;
}

interface Answer {
  readonly token?: string;
  readonly envelope?: object;
  readonly plaintext?: string;
  readonly keys?: readonly object[];
}

const PLAINTEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(6).slice(0, 256);
const SCOPE = { backend: 'aws', key_id: 'alias/orders' };
const CONTEXT = { environment: 'production' };

const TOKEN = {
  ...SCOPE,
  subject: 'svc-billing',
  audience: 'reports',
  ttl_seconds: 900,
  policy_claims: CONTEXT,
};
const ENCRYPT = { ...SCOPE, plaintext: PLAINTEXT, associated_data: 'invoice 4711', policy_context: CONTEXT };

export const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/token',
    body: () => Promise.resolve(JSON.stringify(TOKEN)),
    isRight: ({ token }) => token?.split('.').length === 3,
  },
  {
    method: 'POST',
    path: '/envelope/encrypt',
    body: () => Promise.resolve(JSON.stringify(ENCRYPT)),
    isRight: ({ envelope }) => envelope !== undefined,
  },
  {
    method: 'POST',
    path: '/envelope/decrypt',
    body: decryptBody,
    isRight: ({ plaintext }) => plaintext === PLAINTEXT,
  },
  {
    method: 'GET',
    path: '/keys/jwks',
    body: () => Promise.resolve(undefined),
    isRight: ({ keys }) => keys?.length === 2,
  },
];

async function decryptBody(url: string): Promise<string> {
  const { token } = await send(url, 'POST', '/token', JSON.stringify(TOKEN));
  const { envelope } = await send(url, 'POST', '/envelope/encrypt', JSON.stringify(ENCRYPT));
  return JSON.stringify({ token, envelope, expected_audience: TOKEN.audience, context: CONTEXT });
}

/** @throws Error for an answer that is not 200 */
export async function send(url: string, method: string, path: string, body?: string): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  if (response.status !== 200) throw new Error(`${method} ${url}${path} answered ${response.status}.`);
  return (await response.json()) as Answer;
}
