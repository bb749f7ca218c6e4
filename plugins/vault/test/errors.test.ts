import { FakeVault } from './fake/server.js';
import { LEAST, ROOT } from './fake/tokens.js';
import { TransitAdmin } from './support/admin.js';
import { Connection, refusal, textOf } from './support/connection.js';

const server = await FakeVault.start();
const admin = new TransitAdmin(server.address, server.rootToken);
afterAll(() => server.stop());
await admin.createKey('orders');

interface Canned {
  readonly when: string;
  readonly status: number;
  readonly errors: readonly string[];
  readonly code: string;
  readonly side: string;
  readonly providerCode: string;
}

const EVERYWHERE: readonly Canned[] = [
  {
    when: 'an internal error',
    status: 500,
    errors: ['internal error'],
    code: 'unavailable',
    side: 'provider',
    providerCode: '500',
  },
  {
    when: 'a bad gateway',
    status: 502,
    errors: [],
    code: 'unavailable',
    side: 'provider',
    providerCode: '502',
  },
  {
    when: 'a sealed node',
    status: 503,
    errors: ['Vault is sealed'],
    code: 'unavailable',
    side: 'provider',
    providerCode: '503 sealed',
  },
  {
    when: 'no active node',
    status: 503,
    errors: ['node is not active'],
    code: 'unavailable',
    side: 'provider',
    providerCode: '503',
  },
  {
    when: 'a gateway timeout',
    status: 504,
    errors: [],
    code: 'unavailable',
    side: 'provider',
    providerCode: '504',
  },
  {
    when: 'a replica that lags',
    status: 412,
    errors: ['required index state not present'],
    code: 'unavailable',
    side: 'provider',
    providerCode: '412 required index state not present',
  },
  {
    when: 'a DR secondary',
    status: 472,
    errors: [],
    code: 'unavailable',
    side: 'provider',
    providerCode: '472',
  },
  {
    when: 'a full quota',
    status: 429,
    errors: ['rate limit quota exceeded'],
    code: 'throttled',
    side: 'provider',
    providerCode: '429 quota exceeded',
  },
  {
    when: 'a lease count quota',
    status: 429,
    errors: ['lease count quota exceeded'],
    code: 'throttled',
    side: 'provider',
    providerCode: '429 quota exceeded',
  },
  {
    when: 'a path without an engine',
    status: 404,
    errors: ['no handler for route "x". route entry not found.'],
    code: 'not-found',
    side: 'proxy',
    providerCode: '404 no handler for route',
  },
  {
    when: 'an unsupported operation',
    status: 405,
    errors: ['unsupported operation'],
    code: 'unsupported',
    side: 'proxy',
    providerCode: '405',
  },
  {
    when: 'too large a request',
    status: 413,
    errors: ['http: request body too large'],
    code: 'invalid-request',
    side: 'caller',
    providerCode: '413',
  },
  {
    when: 'any other 400',
    status: 400,
    errors: ['something new'],
    code: 'invalid-request',
    side: 'caller',
    providerCode: '400',
  },
  {
    when: 'an unlawful key',
    status: 403,
    errors: ['permission denied'],
    code: 'access-denied',
    side: 'caller',
    providerCode: '403 permission denied',
  },
];
const CRYPTO: readonly Canned[] = [
  {
    when: 'an absent key',
    status: 400,
    errors: ['encryption key not found'],
    code: 'not-found',
    side: 'caller',
    providerCode: '400 encryption key not found',
  },
  {
    when: 'an unsupported path',
    status: 404,
    errors: ['unsupported path'],
    code: 'unsupported',
    side: 'proxy',
    providerCode: '404',
  },
  {
    when: 'a soft-deleted key',
    status: 400,
    errors: ['refusing to use soft-deleted key'],
    code: 'disabled-key',
    side: 'caller',
    providerCode: '400 soft-deleted key',
  },
  {
    when: 'AAD for a wrong type',
    status: 400,
    errors: ["'[0].associated_data' provided for non-AEAD cipher suite rsa-2048"],
    code: 'unsupported',
    side: 'caller',
    providerCode: '400 key type',
  },
  {
    when: 'a type that cannot',
    status: 400,
    errors: ['message decryption not supported for key type hmac'],
    code: 'unsupported',
    side: 'caller',
    providerCode: '400 key type',
  },
  {
    when: 'a derived key',
    status: 400,
    errors: ["missing 'context' for key derivation; the key was created"],
    code: 'unsupported',
    side: 'caller',
    providerCode: '400 key type',
  },
];
const DECRYPT: readonly Canned[] = [
  ...[
    'invalid ciphertext: no prefix',
    'invalid ciphertext: version is too new',
    'invalid ciphertext length',
    'cipher: message authentication failed',
    'chacha20poly1305: message authentication failed',
  ].map((text) => ({
    when: text,
    status: 400,
    errors: [text],
    code: 'invalid-ciphertext',
    side: 'caller',
    providerCode: '400 invalid ciphertext',
  })),
  {
    when: 'a retired version',
    status: 400,
    errors: ['ciphertext or signature version is disallowed by policy (too old)'],
    code: 'disabled-key',
    side: 'caller',
    providerCode: '400 too old',
  },
];
const LOGIN: readonly Canned[] = [
  {
    when: 'a wrong role',
    status: 400,
    errors: ['invalid role or secret ID'],
    code: 'access-denied',
    side: 'proxy',
    providerCode: '400 login refused',
  },
  {
    when: 'a refused service account',
    status: 403,
    errors: ['permission denied'],
    code: 'access-denied',
    side: 'proxy',
    providerCode: '403 login refused',
  },
  {
    when: 'no auth method there',
    status: 404,
    errors: ['no handler for route'],
    code: 'access-denied',
    side: 'proxy',
    providerCode: '404 login refused',
  },
  {
    when: 'a full quota',
    status: 429,
    errors: ['rate limit quota exceeded'],
    code: 'throttled',
    side: 'provider',
    providerCode: '429 quota exceeded',
  },
  {
    when: 'a sealed node',
    status: 503,
    errors: ['Vault is sealed'],
    code: 'unavailable',
    side: 'provider',
    providerCode: '503 sealed',
  },
];

type Attempt = (connection: Connection, wrapped: string) => Promise<unknown>;
const OPERATIONS: readonly [name: string, path: RegExp, attempt: Attempt, rows: readonly Canned[]][] = [
  ['wrapKey', /encrypt\/orders/, (at) => at.wrap(), [...EVERYWHERE, ...CRYPTO]],
  [
    'unwrapKey',
    /decrypt\/orders/,
    (at, wrapped) => at.unwrap(wrapped),
    [...EVERYWHERE, ...CRYPTO, ...DECRYPT],
  ],
  [
    'describeKey',
    /keys\/orders/,
    (at) => at.describe(),
    [
      ...EVERYWHERE,
      {
        when: 'an absent key',
        status: 404,
        errors: [],
        code: 'not-found',
        side: 'caller',
        providerCode: '404',
      },
    ],
  ],
];

describe.each(OPERATIONS)('%s', (_name, path, attempt, rows) => {
  it.each(rows)(
    'answers $code ($side) to $when ($status)',
    async ({ status, errors, code, side, providerCode }) => {
      const at = await Connection.open(server);
      const wrapped = textOf(await at.wrap());
      server.faults.add(path, { kind: 'reply', reply: { status, body: { errors } } });
      expect(await refusal(attempt(at, wrapped))).toMatchObject({ code, side, providerCode });
    },
  );
});

describe('a login', () => {
  it.each(LOGIN)(
    'is $code ($side) with $when ($status)',
    async ({ status, errors, code, side, providerCode }) => {
      const { roleId, secretId } = server.logins;
      const at = new Connection(server, { options: { auth: 'approle', roleId, secretId } });
      server.faults.add(/login/, { kind: 'reply', reply: { status, body: { errors } } });
      expect(await refusal(at.backend.open(at.call()))).toMatchObject({ code, side, providerCode });
    },
  );
});

describe('Retry-After', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['99999999', undefined],
    [undefined, undefined],
  ])('of %p is told as %p ms', async (retryAfter, retryAfterMs) => {
    const at = await Connection.open(server);
    server.quota = { left: 0, ...(retryAfter !== undefined && { retryAfter }) };
    const told = await refusal(at.describe());
    server.quota = undefined;
    expect(told).toMatchObject({ code: 'throttled', retryAfterMs });
  });
});

describe('a refusal', () => {
  it('is the fault of the caller when the token lives, and costs one more request', async () => {
    const at = await Connection.open(server, {
      policy: LEAST.filter(([path]) => !path.test('transit/keys/orders')),
    });
    expect(await refusal(at.describe())).toMatchObject({ code: 'access-denied', side: 'caller' });
    expect(at.asked).toEqual(['GET transit/keys/orders', 'GET auth/token/lookup-self']);
  });

  it('is the fault of this server when its token is dead', async () => {
    const token = server.tokens.issue({ policy: LEAST });
    const at = await Connection.open(server, { options: { token } });
    server.tokens.revoke(token);
    expect(await refusal(at.describe())).toMatchObject({ code: 'access-denied', side: 'proxy' });
    expect(await at.health()).toMatchObject({ status: 'down', detail: 'access-denied' });
  });

  it('repeats nothing that Vault says', async () => {
    const { roleId } = server.logins;
    const at = new Connection(server, { options: { auth: 'approle', roleId, secretId: 'guessed-secret' } });
    const error = await at.backend.open(at.call()).catch((thrown: unknown) => thrown);
    expect(server.seen.at(-1)?.body).toContain('guessed-secret');
    expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toContain('guessed-secret');
  });
});

describe('a missing mount', () => {
  it('is not-found, and this server is set up wrongly', async () => {
    const at = await Connection.open(server, { policy: ROOT, options: { mount: 'other/transit' } });
    expect(await refusal(at.describe())).toMatchObject({ code: 'not-found', side: 'proxy' });
  });
});
