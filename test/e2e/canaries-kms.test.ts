import { KmsError, type KmsBackend } from 'kkp-plugin-kit';
import { alteredPlugin } from '../support/altered-plugin.js';
import { emulations, get, issueToken, seal, startServer, type TestServer } from '../support/server.js';
import { askRoute, requestFor } from './ask-route.js';
import { spellings } from './canaries.js';
import { GUARDED, type Material } from './route-matrix.js';

const CALLED = ['wrapKey', 'unwrapKey', 'describeKey', 'generateDataKey', 'rewrap', 'health'] as const;

/** What a backend throws, or answers, that it must not: each has a secret in it, and none of it is the contract's. */
const FAULTS: readonly (readonly [name: string, make: (secret: string) => unknown])[] = [
  ['an error', (secret) => fail(new SyntaxError(`Unexpected token ${secret}`))],
  [
    'an error with causes',
    (secret) => fail(new Error(secret, { cause: new Error(secret, { cause: secret }) })),
  ],
  ['several errors', (secret) => fail(new AggregateError([new Error(secret), secret], secret))],
  [
    'an error with a request',
    (secret) => fail(Object.assign(new Error('400'), { config: { headers: { authorization: secret } } })),
  ],
  [
    'an error with a status',
    (secret) => fail(Object.assign(new Error(secret), { statusCode: 401, getStatus: () => 401 })),
  ],
  ['a text', (secret) => fail(secret)],
  ['an object', (secret) => fail({ message: secret, code: 7, secret })],
  [
    'its own error, with a cause',
    (secret) => fail(new KmsError('unavailable', 'No answer.', { cause: new Error(secret) })),
  ],
  [
    'its own refusal, with a cause',
    (secret) => fail(new KmsError('access-denied', 'No.', { side: 'proxy', cause: secret })),
  ],
  [
    'a fault of the caller, with a cause',
    (secret) => fail(new KmsError('not-found', 'No key.', { side: 'caller', cause: { secret } })),
  ],
  ['nothing but a text', (secret) => secret],
  [
    'members of other types',
    (secret) => ({ blob: secret, plaintext: secret, alg: [secret], key: secret, state: secret }),
  ],
  [
    'bytes of another length',
    (secret) => ({
      plaintext: Buffer.from(secret),
      blob: Buffer.from(secret),
      alg: secret,
      key: { keyId: '' },
    }),
  ],
  [
    'a getter that fails',
    (secret) => Object.defineProperty({}, 'key', { get: () => fail(new Error(secret)) }),
  ],
];

/** Fails as it is told: with whatever a backend may throw. */
function fail(thrown: unknown): never {
  throw thrown;
}

let server: TestServer;
let material: Material;
let fault: (() => unknown) | undefined;
/** The plaintexts of all data keys that passed, each as text. */
const dataKeys = new Set<string>();

function altered(backend: KmsBackend): Partial<KmsBackend> {
  const members = CALLED.flatMap((name) => {
    const method = backend[name]?.bind(backend) as ((...values: unknown[]) => Promise<object>) | undefined;
    return method ? [[name, (...values: unknown[]) => call(method, values)] as const] : [];
  });
  return Object.fromEntries(members);
}

async function call(method: (...values: unknown[]) => Promise<object>, values: unknown[]): Promise<unknown> {
  if (fault) return fault();
  const answer = await method(...values);
  const { plaintext } = answer as { plaintext?: Uint8Array };
  for (const form of ['base64', 'base64url', 'hex'] as const)
    if (plaintext) dataKeys.add(Buffer.from(plaintext).toString(form));
  return answer;
}

beforeAll(async () => {
  server = await startServer({
    backends: emulations().map((plugin) => alteredPlugin(plugin, altered)),
    // Each fault is to come through: none is made up for, and none stands for those after it.
    settings: { logLevel: 'debug', kmsRetries: 0, kmsBreakerFailures: 1_000 },
  });
  material = { token: await issueToken(server), envelope: await seal(server) };
});
afterAll(() => server.close());

const routes = GUARDED.filter(([name]) => /envelope|datakey/.test(name));
const secrets = FAULTS.map((_fault, at) => `canary-kms-${at}-5f1c`);
const outputs = async (): Promise<string> =>
  JSON.stringify([server.logs, (await get(server, '/metrics')).body, (await get(server, '/readyz')).body]);

describe('a secret that a key service tells', () => {
  it.each(FAULTS.map(([name, make], at) => [name, make, secrets[at]!] as const))(
    'is in no answer and no line of the log: %s',
    async (_name, make, secret) => {
      fault = () => make(secret);
      for (const [name, route] of routes) {
        const { status, text } = await askRoute(server.url, requestFor(name, route, material));
        expect([name, status >= 400]).toEqual([name, true]);
        expect([name, spellings(secret).filter((form) => text.includes(form))]).toEqual([name, []]);
      }
      expect(await outputs()).not.toContain(secret);
      fault = undefined;
    },
  );

  it('stays out of the log in every spelling, where the failures are', async () => {
    const failures = server.logs.filter(({ msg }) => msg === 'request failed');
    expect(failures.length).toBeGreaterThan(FAULTS.length);
    const text = await outputs();
    for (const secret of secrets) expect(spellings(secret).filter((form) => text.includes(form))).toEqual([]);
  });
});

describe('a data key', () => {
  it('is in no output, whether it was used or not', async () => {
    const answers: string[] = [];
    const spoilt = { ...material.envelope, nonce: 'AAAAAAAAAAAAAAAA' };
    for (const [name, route] of routes.filter(([each]) => !each.includes('datakey'))) {
      for (const envelope of [material.envelope, spoilt])
        answers.push((await askRoute(server.url, requestFor(name, route, { ...material, envelope }))).text);
    }
    const everything = (await outputs()) + answers.join('');
    // Of the envelope, and of each encryption, in two spellings or three.
    expect(dataKeys.size).toBeGreaterThanOrEqual(10);
    expect([...dataKeys].filter((key) => everything.includes(key))).toEqual([]);
  });
});
