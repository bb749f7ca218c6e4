import { setTimeout as sleep } from 'node:timers/promises';
import type { KmsErrorCode } from 'kkp-plugin-kit';
import type { Fault } from './fake/faults.js';
import { FakeKms } from './fake/server.js';
import { AAD, call, callsOf, errorOf, open, SECRET, type Connection } from './support/connection.js';

type Name = keyof Awaited<ReturnType<typeof callsOf>>;

const PROMPT_MS = 100;
const NAMES: readonly Name[] = ['wrapKey', 'unwrapKey', 'describeKey', 'generateDataKey', 'rewrap'];

const service = await new FakeKms().start();
const key = service.keys.create();
const other = service.keys.create();
let connection: Connection;
let calls: Awaited<ReturnType<typeof callsOf>>;

beforeEach(async () => {
  connection = await open(service);
  service.reset();
  calls = await callsOf(connection.backend, key.arn, other.arn);
  service.reset();
});
afterEach(() => connection.backend.close());
afterAll(() => service.stop());

const sent = () => service.requests.map(({ operation }) => operation);

describe('requests of aws', () => {
  it.each<[Name, string[]]>([
    ['wrapKey', ['Encrypt']],
    ['unwrapKey', ['Decrypt']],
    ['describeKey', ['DescribeKey']],
    ['generateDataKey', ['GenerateDataKey']],
    ['rewrap', ['ReEncrypt']],
  ])('%s sends %j and nothing else', async (name, operations) => {
    await calls[name](call());
    expect(sent()).toEqual(operations);
  });

  it('name the key and the context, on every one that uses a key', async () => {
    for (const name of NAMES) await calls[name](call());
    const used = { KeyId: key.arn, EncryptionContext: AAD.map };
    expect(service.requests.map(({ operation, body }) => ({ operation, ...body }))).toEqual([
      { operation: 'Encrypt', Plaintext: expect.any(String), ...used },
      { operation: 'Decrypt', CiphertextBlob: expect.any(String), ...used },
      { operation: 'DescribeKey', KeyId: key.arn },
      { operation: 'GenerateDataKey', NumberOfBytes: 32, ...used },
      {
        operation: 'ReEncrypt',
        CiphertextBlob: expect.any(String),
        SourceKeyId: key.arn,
        SourceEncryptionContext: AAD.map,
        DestinationKeyId: other.arn,
        DestinationEncryptionContext: AAD.map,
      },
    ]);
  });

  it('carry the grant tokens of the configuration, without which such a key refuses', async () => {
    const granted = service.keys.create();
    granted.grantToken = 'grant-1';
    const refused = connection.backend.generateDataKey({ keyId: granted.arn, bytes: 16 }, call());
    expect(await errorOf(refused)).toMatchObject({ code: 'access-denied', side: 'caller' });

    const { backend } = await open(service, { grantTokens: ['grant-1', 'grant-2'] });
    const own = await callsOf(backend, granted.arn, granted.arn);
    service.requests.length = 0;
    for (const name of NAMES) await own[name](call());
    for (const { body } of service.requests) expect(body.GrantTokens).toEqual(['grant-1', 'grant-2']);
    await backend.close();
  });

  it('leave out a context that was not asked for', async () => {
    await connection.backend.wrapKey({ keyId: key.arn, plaintext: SECRET }, call());
    for (const { body } of service.requests) expect(body).not.toHaveProperty('EncryptionContext');
  });
});

describe.each(NAMES)('a fault during %s of aws', (name) => {
  it.each<[Fault, KmsErrorCode]>([
    [{ kind: 'failure', type: 'ThrottlingException' }, 'throttled'],
    [{ kind: 'failure', type: 'KMSInternalException' }, 'unavailable'],
    [{ kind: 'failure', type: 'ServiceUnavailableException' }, 'unavailable'],
    [{ kind: 'answer', status: 429, body: '', headers: { 'retry-after': '1' } }, 'throttled'],
    [{ kind: 'answer', status: 500, body: '{}' }, 'unavailable'],
    [{ kind: 'reset' }, 'unavailable'],
    [{ kind: 'cut' }, 'unavailable'],
    [{ kind: 'half' }, 'unavailable'],
  ])('%j is %s after one request', async (fault, code) => {
    service.fail(fault);
    expect((await errorOf(calls[name](call()))).code).toBe(code);
    expect(service.requests).toHaveLength(1);
  });

  it.each<Fault>([{ kind: 'hang' }, { kind: 'stall' }, { kind: 'delay', ms: 1000 }])(
    '%j ends with its signal, and with its deadline',
    async (fault) => {
      service.fail(fault, fault);
      const abort = new AbortController();
      const aborted = service.nextRequest().then(() => abort.abort());
      await expectEnd(calls[name](call({ signal: abort.signal })), aborted);
      const deadline = Date.now() + 200;
      await expectEnd(calls[name](call({ deadline })), sleep(200));
      expect(service.requests).toHaveLength(2);
    },
  );

  it('no answer within requestTimeoutMs is unavailable', async () => {
    const hasty = await open(service, { requestTimeoutMs: 300 });
    const own = await callsOf(hasty.backend, key.arn, other.arn);
    service.requests.length = 0;
    service.fail({ kind: 'hang' });
    const error = await errorOf(own[name](call()));
    expect(error).toMatchObject({ code: 'unavailable', side: 'provider', providerCode: 'ETIMEDOUT' });
    expect(service.requests).toHaveLength(1);
    await hasty.backend.close();
  });
});

describe('a call of aws', () => {
  it('whose deadline has passed sends nothing', async () => {
    for (const name of NAMES) await expectEnd(calls[name](call({ deadline: Date.now() - 1 })));
    expect(sent()).toEqual([]);
  });

  it('whose server is not there is unavailable', async () => {
    const gone = await new FakeKms().start();
    const { backend } = await open(gone);
    await gone.stop();
    const error = await errorOf(backend.describeKey(key.arn, call()));
    expect(error).toMatchObject({ code: 'unavailable', side: 'provider' });
    await backend.close();
  });

  it.each(['', 'orders', 'alias/', 'alias/my key', 'mrk-0123', '0'.repeat(36), 'k'.repeat(300)])(
    'for the key "%s" is refused without a request',
    async (keyId) => {
      const error = await errorOf(connection.backend.generateDataKey({ keyId, bytes: 32 }, call()));
      expect(error).toMatchObject({ code: 'invalid-request', side: 'caller' });
      expect(sent()).toEqual([]);
    },
  );

  it.each([0, 4097])('to wrap %i bytes is refused without a request', async (length) => {
    const plaintext = new Uint8Array(length);
    const error = await errorOf(connection.backend.wrapKey({ keyId: key.arn, plaintext }, call()));
    expect(error.code).toBe('invalid-request');
    expect(sent()).toEqual([]);
  });

  it.each([0, 6145])('to open or rewrap a blob of %i bytes is refused without a request', async (length) => {
    const wrapped = { blob: new Uint8Array(length), alg: 'SYMMETRIC_DEFAULT', key: { keyId: key.arn } };
    const { backend } = connection;
    const request = { keyId: key.arn, wrapped, toKeyId: other.arn };
    expect((await errorOf(backend.unwrapKey(request, call()))).code).toBe('invalid-ciphertext');
    expect((await errorOf(backend.rewrap(request, call()))).code).toBe('invalid-ciphertext');
    expect(sent()).toEqual([]);
  });

  it('to open or rewrap a blob of another algorithm is refused without a request', async () => {
    const { backend } = connection;
    const { wrapped } = await backend.generateDataKey({ keyId: key.arn, bytes: 32 }, call());
    service.reset();
    const request = {
      keyId: key.arn,
      wrapped: { ...wrapped, alg: 'RSAES_OAEP_SHA_256' },
      toKeyId: other.arn,
    };
    expect((await errorOf(backend.unwrapKey(request, call()))).code).toBe('invalid-ciphertext');
    expect((await errorOf(backend.rewrap(request, call()))).code).toBe('invalid-ciphertext');
    expect(sent()).toEqual([]);
  });
});

/** The call must settle soon after `end` has. */
async function expectEnd(
  attempt: Promise<unknown>,
  end: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  let ended = Infinity;
  void end.then(() => (ended = Date.now()));
  expect(await errorOf(attempt)).toMatchObject({ code: 'unavailable', side: 'proxy' });
  expect(Date.now() - ended).toBeLessThan(PROMPT_MS);
}
