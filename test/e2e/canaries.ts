import { basic, DETAILS, EXCHANGE, JWT, type Form } from '../support/form.js';
import { encode } from '../support/issuer.js';
import type { ProofMaker } from '../support/dpop.js';
import type { Wallet } from './credentials.js';

/** What a request is made of, beside what would make it a good one. */
export interface Plant {
  /** Header lines. */
  readonly headers?: readonly string[];
  readonly target?: (path: string) => string;
  readonly method?: string;
  /** Members of a JSON body, or of the item of a batch. */
  readonly members?: object;
  /** Parameters of a form. */
  readonly form?: Form;
  /** Stands for the whole body. */
  readonly body?: string;
  /** Forms of the secret beside the usual ones, that must not be seen either. */
  readonly needles?: readonly string[];
}

/** What a planter may use. */
export interface Ground extends Wallet {
  readonly client: ProofMaker;
  /** The claim `iss` of an issuer that answers with garbage. */
  readonly brokenIssuer: string;
  readonly envelope: object;
  /** JSON of 70,000 characters and more with the secret in it: more than the policy takes. */
  large(secret: string): object;
}

type Planter = (secret: string, ground: Ground) => Plant | Promise<Plant>;

const line = (name: string, value: string): Plant => ({ headers: [`${name}: ${value}`], needles: [value] });
const bearer = (token: string, scheme = 'Bearer'): Plant => ({
  headers: [`Authorization: ${scheme} ${token}`],
  needles: token.split('.').filter((part) => part.length > 8),
});
const asJwt = (header: object, claims: object): string =>
  `${encode(header)}.${encode(claims)}.${encode('signature')}`;
const proof = async (claims: object, header: object, { client }: Ground): Promise<Plant> => {
  const text = await client.prove({ htm: 'POST', htu: 'http://x/', ...claims }, header);
  return { headers: [`DPoP: ${text}`], needles: text.split('.') };
};

/** Where a secret may come in beside a body, by its name. */
const IN_HEAD: Readonly<Record<string, Planter>> = {
  'a bearer token': (secret) => bearer(secret),
  'a bearer token that reads like a JWT': (secret) =>
    bearer(asJwt({ alg: 'RS256', kid: secret }, { iss: secret, sub: secret })),
  'the claims of an expired JWT': (secret, { jwt, now }) =>
    bearer(jwt({ sub: secret, password: secret, exp: now - 600 })),
  'the audience of a JWT': (secret, { jwt }) => bearer(jwt({ aud: secret })),
  'the scope of a JWT': (secret, { jwt }) => bearer(jwt({ scope: secret, aud: 'reports' })),
  'the subject of a JWT with another signature': (secret, { jwt, evil }) =>
    bearer(jwt({ sub: secret }, evil.sameKid)),
  'the kid of a JWT': (secret, { jwt, evil }) => bearer(jwt({}, { ...evil.ownKid, kid: secret })),
  'a JWT of an issuer that answers with garbage': (secret, { jwt, brokenIssuer }) =>
    bearer(jwt({ iss: brokenIssuer, sub: secret })),
  'a forged KKP token': (secret, { token }) => {
    const [header = '', , signature = ''] = token.split('.');
    return bearer(`${header}.${encode({ sub: secret })}.${signature}`);
  },
  'a KKP token that has ended': (_secret, { expired }) => ({
    ...bearer(expired),
    needles: [expired.split('.')[2]!],
  }),
  'a token with the scheme DPoP': (secret) => bearer(secret, 'DPoP'),
  'a credential of an unknown scheme': (secret) => bearer(secret, 'Negotiate'),
  'a client secret': (secret) => line('Authorization', basic('svc-nightly', secret).authorization),
  'a client id': (secret) => line('Authorization', basic(secret, 'x').authorization),
  'a client secret that is not encoded': (secret) => line('Authorization', `Basic ${secret}`),
  'an API key of another form': (secret) => line('X-API-Key', secret),
  'an API key with a wrong secret': (secret, { apiKey }) =>
    line('X-API-Key', apiKey.slice(0, 21) + secret.padEnd(43, 'x')),
  'a badge': (secret) => line('X-Badge', secret),
  'what an authenticator fails over': (secret) => line('X-Guess', secret),
  'a DPoP proof of no form': (secret) => line('DPoP', secret),
  'the jti of a DPoP proof': (secret, ground) => proof({ jti: secret, iat: ground.now - 900 }, {}, ground),
  'the nonce of a DPoP proof': (secret, ground) => proof({ nonce: secret, iat: ground.now }, {}, ground),
  'the key of a DPoP proof': (secret, ground) =>
    proof({}, { jwk: { ...ground.client.jwk, d: secret } }, ground),
  'the target of a DPoP proof': (secret, ground) =>
    proof({ htu: `http://${secret}/`, iat: ground.now }, {}, ground),
  'a cookie': (secret) => line('Cookie', `session=${secret}`),
  'a forwarded certificate': (secret) => line('X-Forwarded-Client-Cert', `Cert="${secret}"`),
  'a request id that is not well-formed': (secret) => line('X-Request-Id', `${secret} "{`),
  'a user agent': (secret) => line('User-Agent', secret),
  'a referrer': (secret) => line('Referer', `https://x.example/?code=${secret}`),
  'an origin': (secret) => line('Origin', `https://${secret}.example`),
  'a kind of fetch': (secret) => line('Sec-Fetch-Site', secret),
  'a media type': (secret) => line('Content-Type', `application/${secret}`),
  'a charset': (secret) => line('Content-Type', `application/json; charset=${secret}`),
  'a content coding': (secret) => line('Content-Encoding', secret),
  'a transfer coding': (secret) => line('Transfer-Encoding', secret),
  'an expectation': (secret) => line('Expect', secret),
  'a second host': (secret) => line('Host', secret),
  'the name of a header': (secret) => ({ headers: [`${secret}: 1`] }),
  'what is no header': (secret) => ({ headers: [`${secret} is no header`] }),
  'a token in the query': (secret) => ({
    target: (path) => `${path}?access_token=${secret}`,
    headers: ['X-Badge: forged'],
  }),
  'a path below the route': (secret) => ({ target: (path) => `${path}/${secret}` }),
  'a path that is badly encoded': (secret) => ({ target: (path) => `${path}/%zz${secret}` }),
  'a target that is none': (secret) => ({ target: (path) => `${secret} ${path}` }),
  'the host of an absolute target': (secret) => ({
    target: (path) => `http://${secret}:${secret}@${secret}${path}/x`,
  }),
  'a method': (secret) => ({ method: secret.toUpperCase().replaceAll('-', '') }),
};

/** Members of bodies, good ones of some route with a bad value, and others. */
const IN_JSON: Readonly<Record<string, Planter>> = {
  'a body that is no JSON': (secret) => ({ body: `password=${secret}` }),
  'a body cut short': (secret) => ({ body: `{"plaintext":"${secret}` }),
  'a text for a body': (secret) => ({ body: JSON.stringify(secret) }),
  'a list for a body': (secret) => ({ body: JSON.stringify([secret]) }),
  'a member that is there twice': (secret) => ({ body: `{"${secret}":1,"${secret}":"${secret}"}` }),
  'a lone surrogate beside it': (secret) => ({ body: `{"${secret}":"\\ud800${secret}"}` }),
  'the name of a member': (secret) => ({ members: { [secret]: 1 } }),
  'the name of a member that can be printed': (secret) => ({ members: { x: { [secret]: secret } } }),
  'a prototype': (secret) => ({ body: `{"__proto__":{"${secret}":1}}` }),
  ...Object.fromEntries(
    [
      'subject',
      'audience',
      'backend',
      'ttl_seconds',
      'policy_claims',
      'request_context',
      'policy_context',
      'context',
      'plaintext',
      'plaintext_base64',
      'associated_data',
      'token',
      'envelope',
      'expected_audience',
      'encoding',
      'items',
      'ops',
      'cnf',
      'bytes',
      'include_plaintext',
      'jti',
      'kid',
      'before',
      'key_id',
      'to',
    ].flatMap((name): [string, Planter][] => [
      [`the member ${name}, of another type`, (secret) => ({ members: { [name]: [{ [secret]: secret }] } })],
      [`the member ${name}, as text`, (secret) => ({ members: { [name]: secret } })],
    ]),
  ),
  ...Object.fromEntries(
    ['ciphertext', 'nonce', 'encrypted_data_key', 'associated_data', 'backend', 'key_id', 'version'].map(
      (name): [string, Planter] => [
        `the member ${name} of an envelope`,
        (secret, { envelope }) => ({ members: { envelope: { ...envelope, [name]: secret } } }),
      ],
    ),
  ),
  'a context that the policy does not allow': (secret) => ({ members: { context: { environment: secret } } }),
  'a context too large for the policy': (secret, { large }) => ({
    members: { context: large(secret), request_context: large(secret), policy_context: large(secret) },
  }),
  'a KKP token in the body': (secret, { token }) => {
    const forged = token.replace(/\..*\./, `.${encode({ sub: secret })}.`);
    return { members: { token: forged }, needles: forged.split('.').slice(1) };
  },
};

const EXCHANGED = { grant_type: EXCHANGE, subject_token_type: JWT };

const IN_FORMS: Readonly<Record<string, Planter>> = {
  'a form that is badly encoded': (secret) => ({ body: `client_secret=${secret}%zz` }),
  'JSON for a form': (secret) => ({ body: JSON.stringify({ client_secret: secret }) }),
  ...Object.fromEntries(
    [
      'client_secret',
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'grant_type',
      'subject_token',
      'subject_token_type',
      'actor_token',
      'actor_token_type',
      'requested_token_type',
      'audience',
      'resource',
      'scope',
      'authorization_details',
      'token_type_hint',
      'code',
      'password',
      'refresh_token',
    ].flatMap((name): [string, Planter][] => [
      [`the parameter ${name}`, (secret) => ({ form: { [name]: secret } })],
      [`the parameter ${name} twice`, (secret) => ({ form: { [name]: [secret, secret] } })],
    ]),
  ),
  'a detail of a key': (secret) => ({ form: { authorization_details: DETAILS.replace('aws', secret) } }),
  'a subject’s token of no form': (secret) => ({ form: { ...EXCHANGED, subject_token: secret } }),
  'a subject’s JWT that has ended': (secret, { jwt, now }) => {
    const token = jwt({ sub: secret, exp: now - 600 });
    return { form: { ...EXCHANGED, subject_token: token }, needles: token.split('.').slice(1) };
  },
  'a subject’s JWT of an issuer that answers with garbage': (secret, { jwt, brokenIssuer }) => {
    const token = jwt({ sub: secret, iss: brokenIssuer });
    return { form: { ...EXCHANGED, subject_token: token }, needles: token.split('.').slice(1) };
  },
};

export const PLANTS = { head: IN_HEAD, json: IN_JSON, form: IN_FORMS } as const;

/** A secret as it may come out. */
export function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, ...(['base64', 'base64url', 'hex'] as const).map((form) => bytes.toString(form))];
}
