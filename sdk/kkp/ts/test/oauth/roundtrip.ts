import {
  KkpClient,
  type KkpClientOptions,
  createRemoteJwks,
  generateDpopKey,
  jwkThumbprint,
  verifyToken,
} from '../../src/index.js';
import { caught } from '../support/caught.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const WANTED = { audience: 'reports', ...KEY };
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** A server with two callers, who have API keys, and an issuer whose callers it takes. */
export interface Server {
  readonly url: string;
  /** API keys. */
  readonly billing: string;
  readonly gateway: string;
  /** A JWT of the issuer for "alice". */
  readonly jwt: string;
}

/** Drives a KKP server by its routes of OAuth; throws where a token is more than it may be, or opens nothing. */
export async function standardTokens(server: Server): Promise<void> {
  const [billing, gateway] = [server.billing, server.gateway].map((apiKey) =>
    clientOf(server, { credentials: { apiKey } }),
  ) as [KkpClient, KkpClient];
  const { access_token: token } = await billing.grantToken({ ...WANTED, ttl_seconds: 60 });
  expect(await claimsOf(server, token)).toMatchObject({ sub: 'svc-billing', aud: 'reports', ...KEY });
  await isExchanged(server, gateway, token);
  await isRefused(server, gateway, token);
  await jwtIsExchanged(server, gateway);
  await isBound(server);
  await isTakenBack(billing, gateway, token);
}

const clientOf = ({ url }: Server, options: Omit<KkpClientOptions, 'baseUrl'> = {}) =>
  new KkpClient({ baseUrl: url, ...options });

const claimsOf = ({ url }: Server, token: string) =>
  verifyToken(token, createRemoteJwks(`${url}/keys/jwks`), { extraClaims: ['ops', 'act', 'cnf'] });

async function isExchanged(server: Server, gateway: KkpClient, subject_token: string): Promise<void> {
  const less = await gateway.exchangeToken({ subject_token, ops: ['decrypt'], ttl_seconds: 30 });
  expect(less).toMatchObject({ ...KEY, ops: ['decrypt'], token_type: 'Bearer', expires_in: 30 });
  expect(await claimsOf(server, less.access_token)).toMatchObject({
    sub: 'svc-billing',
    ops: ['decrypt'],
    act: { sub: 'svc-gateway' },
  });
  const { envelope } = await gateway.encrypt({ ...KEY, plaintext: 'attack at dawn' });
  const opened = await gateway.decrypt({ token: less.access_token, envelope });
  expect(opened).toMatchObject({ plaintext: 'attack at dawn' });
}

async function isRefused(server: Server, gateway: KkpClient, subject_token: string): Promise<void> {
  const refusals: [Promise<unknown>, object][] = [
    [clientOf(server).grantToken(WANTED), { name: 'KkpUnauthenticatedError', status: 401 }],
    [clientOf(server).exchangeToken({ subject_token }), { name: 'KkpUnauthenticatedError' }],
    [gateway.exchangeToken({ subject_token, audience: 'payroll' }), { code: 'invalid_target' }],
    [gateway.exchangeToken({ subject_token, ops: ['encrypt'] }), { code: 'invalid_scope' }],
    [
      gateway.exchangeToken({ subject_token, ...KEY, key_id: 'k' }),
      { code: 'invalid_authorization_details' },
    ],
    [gateway.exchangeToken({ subject_token, backend: 'aws' }), { code: 'invalid_authorization_details' }],
    [gateway.exchangeToken({ subject_token: 'a.b.c' }), { code: 'invalid_grant', status: 400 }],
    [gateway.exchangeToken({ subject_token, client_id: 'svc-billing' }), { code: 'unauthenticated' }],
    [gateway.grantToken({ ...WANTED, ttl_seconds: 1e21 }), { code: 'invalid_request' }],
    [gateway.exchangeToken({ subject_token: server.jwt }), { code: 'invalid_request' }],
    [gateway.revokeToken(subject_token), { code: 'policy_denied' }],
  ];
  for (const [call, expected] of refusals) expect(await caught(call)).toMatchObject(expected);
}

/** By another one, who then acts for alice, and by alice alone. */
async function jwtIsExchanged(server: Server, gateway: KkpClient): Promise<void> {
  const request = { subject_token: server.jwt, subject_token_type: JWT, ...WANTED } as const;
  const acting = await gateway.exchangeToken(request);
  const claims = await claimsOf(server, acting.access_token);
  expect(claims).toMatchObject({ sub: 'alice', act: { sub: 'svc-gateway' } });
  const alone = await clientOf(server).exchangeToken(request);
  expect(await claimsOf(server, alone.access_token)).not.toHaveProperty('act');
}

async function isBound(server: Server): Promise<void> {
  const key = await generateDpopKey();
  const credentials = { apiKey: server.billing };
  const holder = clientOf(server, { credentials, dpop: { key } });
  const { access_token, token_type } = await holder.grantToken(WANTED);
  expect(token_type).toBe('DPoP');
  const cnf = { jkt: await jwkThumbprint(key.publicJwk) };
  expect(await claimsOf(server, access_token)).toMatchObject({ cnf });
  const again = await holder.exchangeToken({ subject_token: access_token });
  expect(await claimsOf(server, again.access_token)).toMatchObject({ cnf });
  const { envelope } = await holder.encrypt({ ...KEY, plaintext: 'x' });
  for (const token of [access_token, again.access_token])
    expect(await holder.decrypt({ token, envelope })).toMatchObject({ plaintext: 'x' });
  for (const dpop of [undefined, { key: await generateDpopKey() }]) {
    const thief = clientOf(server, { credentials, ...(dpop && { dpop }) });
    const stolen = thief.exchangeToken({ subject_token: access_token });
    expect(await caught(stolen)).toMatchObject({ code: 'invalid_grant' });
  }
}

async function isTakenBack(billing: KkpClient, gateway: KkpClient, subject_token: string): Promise<void> {
  await billing.revokeToken(subject_token);
  await billing.revokeToken(subject_token);
  await billing.revokeToken('not even a token');
  const late = gateway.exchangeToken({ subject_token });
  expect(await caught(late)).toMatchObject({ code: 'invalid_grant' });
}
