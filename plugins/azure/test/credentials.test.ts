import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { azure, type AccessToken, type AzureOptions, type TokenCredential } from 'kkp-plugin-azure';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { loadPeer } from '../src/peers.js';
import { TokenSource } from '../src/credentials.js';
import { FakeVault, TOKEN } from './fake/vault.js';
import { call, create, movableHost, open, refusal } from './support/azure.js';

const HOUR_MS = 3_600_000;
let vault: FakeVault;

beforeAll(async () => {
  vault = await FakeVault.start();
  vault.keys.add('orders', 'RSA');
});
afterAll(() => vault.stop());
afterEach(() => {
  vault.tokens = [TOKEN];
  vault.resource = 'https://vault.azure.net';
});

const failing = (error: unknown): TokenCredential => ({
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- credentials reject with anything
  getToken: () => Promise.reject(error),
});

describe('a credential that fails', () => {
  it.each([
    ['plainly', new Error('secret detail'), 'access-denied', 'Error'],
    [
      'as refused by Entra ID',
      Object.assign(new Error('AADSTS7000215'), {
        name: 'AuthenticationError',
        statusCode: 401,
        errorResponse: { error: 'invalid_client' },
      }),
      'access-denied',
      'invalid_client',
    ],
    [
      'as unavailable in this environment',
      Object.assign(new Error('none'), { name: 'CredentialUnavailableError' }),
      'access-denied',
      'CredentialUnavailableError',
    ],
    ['with a 503', Object.assign(new Error('x'), { statusCode: 503 }), 'unavailable', 'Error'],
    ['with a 429', Object.assign(new Error('x'), { statusCode: 429 }), 'unavailable', 'Error'],
    ['without a network', new Error('connect ECONNREFUSED 10.0.0.1:443'), 'unavailable', 'Error'],
    ['with no error at all', undefined, 'access-denied', undefined],
  ])('%s is the fault of the proxy', async (_, error, code, providerCode) => {
    const refused = await refusal(create(vault, { credential: failing(error) }).open(call()));
    expect(refused).toMatchObject({ code, side: 'proxy', providerCode });
    expect(inspect(refused, { depth: 9 })).not.toContain('secret detail');
  });

  it('by giving no token is refused', async () => {
    const credential: TokenCredential = { getToken: () => Promise.resolve(null) };
    const refused = await refusal(create(vault, { credential }).open(call()));
    expect(refused).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });

  it('by never answering holds no call beyond its signal', async () => {
    const credential: TokenCredential = { getToken: () => new Promise(() => undefined) };
    const started = performance.now();
    const refused = await refusal(create(vault, { credential }).open(call(AbortSignal.timeout(50))));
    expect(refused.code).toBe('unavailable');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('with a token that the vault does not take is refused, and the vault asked twice at most', async () => {
    const backend = await open(vault);
    vault.tokens = ['another'];
    const refused = await refusal(backend.describeKey('orders', call()));
    expect(refused).toMatchObject({ code: 'access-denied', side: 'proxy', providerCode: 'Unauthorized' });
    expect(vault.seen.length).toBeLessThanOrEqual(2);
  });
});

describe('the challenge of a vault', () => {
  it('for a foreign resource gets no token, unless that was allowed', async () => {
    let asked = 0;
    const credential: TokenCredential = {
      getToken: () => (asked++, Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.now() + HOUR_MS })),
    };
    vault.resource = 'https://evil.example';
    const options = { verifyChallengeResource: true };
    const refused = await refusal(create(vault, { credential, options }).open(call()));
    expect(refused).toMatchObject({ code: 'access-denied', side: 'proxy' });
    expect(refused.message).toContain('verifyChallengeResource');
    expect(asked).toBe(0);
    await open(vault, { credential });
    expect(asked).toBe(1);
  });
});

describe('a token', () => {
  const source = (answers: (AccessToken | Error)[]) => {
    const { host, advance } = movableHost();
    let asked = 0;
    const credential: TokenCredential = {
      getToken: () => {
        const answer = answers[asked++] ?? new Error('no more');
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    };
    return { tokens: new TokenSource(credential, host.clock), advance, asked: () => asked };
  };
  const token = (name: string, lastsMs: number) => ({
    token: name,
    expiresOnTimestamp: Date.now() + lastsMs,
  });

  it('is kept until two minutes before its end', async () => {
    const { tokens, advance, asked } = source([token('first', HOUR_MS), token('second', 2 * HOUR_MS)]);
    expect((await tokens.getToken('s')).token).toBe('first');
    advance(HOUR_MS - 121_000);
    expect((await tokens.getToken('s')).token).toBe('first');
    expect(asked()).toBe(1);
    advance(2_000);
    expect((await tokens.getToken('s')).token).toBe('second');
  });

  it('serves on while its renewal fails, and no longer than it lasts', async () => {
    const { tokens, advance } = source([token('first', HOUR_MS)]);
    await tokens.getToken('s');
    advance(HOUR_MS - 60_000);
    expect((await tokens.getToken('s')).token).toBe('first');
    advance(61_000);
    expect((await refusal(tokens.getToken('s'))).side).toBe('proxy');
  });

  it('is asked for once, however many wait', async () => {
    const { tokens, asked } = source([token('first', HOUR_MS), token('second', HOUR_MS)]);
    await Promise.all(Array.from({ length: 10 }, () => tokens.getToken('s')));
    expect(asked()).toBe(1);
  });

  it('is asked for again after a failure', async () => {
    const { tokens } = source([new Error('down'), token('second', HOUR_MS)]);
    await refusal(tokens.getToken('s'));
    expect((await tokens.getToken('s')).token).toBe('second');
  });

  it.each([
    ['another scope', 't', {}],
    ['another tenant', 's', { tenantId: 'b' }],
    ['claims', 's', { claims: '{}' }],
  ])('is not used for %s', async (_, scope, options) => {
    const { tokens } = source([token('first', HOUR_MS), token('second', HOUR_MS)]);
    await tokens.getToken('s');
    expect((await tokens.getToken(scope, options)).token).toBe('second');
  });

  it('is given to the SDK as expired, so that the SDK never renews by itself', async () => {
    const { tokens } = source([token('first', HOUR_MS)]);
    expect((await tokens.getToken('s')).expiresOnTimestamp).toBe(0);
  });

  it('is asked for once by a backend with many calls', async () => {
    let asked = 0;
    const credential: TokenCredential = {
      getToken: () => (asked++, Promise.resolve(token(TOKEN, HOUR_MS))),
    };
    const backend = await open(vault, { credential });
    await Promise.all(Array.from({ length: 10 }, () => backend.describeKey('orders', call())));
    expect(asked).toBe(1);
  });
});

describe('credentials of @azure/identity', () => {
  const before = { ...process.env };
  let identity: Server;
  let queries: string[];

  beforeAll(async () => {
    identity = createServer((request, response) => {
      queries.push(request.url ?? '');
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({
          access_token: TOKEN,
          expires_on: String(Date.now() / 1000 + 3600),
          token_type: 'Bearer',
        }),
      );
    });
    await new Promise<void>((listening) => identity.listen(0, '127.0.0.1', listening));
  });
  afterAll(() => identity.closeAllConnections());
  afterAll(() => identity.close());
  beforeEach(() => {
    queries = [];
    // App Service: learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference".
    process.env.IDENTITY_ENDPOINT = `http://127.0.0.1:${(identity.address() as AddressInfo).port}/msi/token`;
    process.env.IDENTITY_HEADER = 'header';
    process.env.AZURE_TOKEN_CREDENTIALS = 'ManagedIdentityCredential';
    process.env.AZURE_AUTHORITY_HOST = 'https://127.0.0.1:1';
  });
  afterEach(() => {
    process.env = { ...before };
  });

  const openWith = (options: Partial<AzureOptions>) =>
    azure({ name: 'test', vaultUrl: vault.url, verifyChallengeResource: false, ...options })
      .create(createTestHost().host)
      .open(call());

  it('managed-identity opens, for the named identity', async () => {
    await openWith({ credential: 'managed-identity', clientId: '11111111-1111-1111-1111-111111111111' });
    expect(queries.join()).toContain('client_id=11111111-1111-1111-1111-111111111111');
  });

  it('default opens, by the kind that the environment names', async () => {
    await openWith({});
    expect(queries.length).toBeGreaterThan(0);
  });

  it('client-secret without a network is unavailable, and its secret untold', async () => {
    const details = {
      tenantId: '00000000-0000-0000-0000-000000000001',
      clientId: 'app',
      clientSecret: 'p4ssw0rd',
    };
    const refused = await refusal(openWith({ credential: 'client-secret', ...details }));
    expect(refused).toMatchObject({ code: 'unavailable', side: 'proxy' });
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('p4ssw0rd');
  });

  it('workload-identity without its file is refused', async () => {
    const details = {
      tenantId: '00000000-0000-0000-0000-000000000001',
      clientId: 'app',
      tokenFile: '/nonexistent',
    };
    const refused = await refusal(openWith({ credential: 'workload-identity', ...details }));
    expect(refused).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });
});

describe('an SDK that is not there', () => {
  it('is named with the command that installs it', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    const refused = await refusal(loadPeer('@azure/identity', () => Promise.reject(missing)));
    expect(refused).toMatchObject({ code: 'unsupported', side: 'proxy' });
    expect(refused.message).toContain('npm install @azure/identity');
  });

  it('is told apart from one that is broken', async () => {
    const refused = await refusal(loadPeer('@azure/identity', () => Promise.reject(new Error('broken'))));
    expect(refused.message).toBe('Package @azure/identity failed to load.');
  });
});
