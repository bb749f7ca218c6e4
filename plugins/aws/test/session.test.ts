import { setTimeout as sleep } from 'node:timers/promises';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { AwsBackend } from '../src/backend.js';
import { connect as connectSdk, type AwsKms, type Connect } from '../src/client.js';
import type { AwsConfig } from '../src/config.js';
import { CREDENTIALS, EXPIRED_SESSION, FakeKms } from './fake/server.js';
import { call, callsOf, connect, errorOf, open, SECRET } from './support/connection.js';

const service = await new FakeKms().start();
const key = service.keys.create();
afterAll(() => service.stop());

const config: AwsConfig = {
  region: 'eu-west-1',
  endpoint: service.url,
  credentials: CREDENTIALS,
  profile: undefined,
  grants: {},
  allowMultiRegion: false,
  requestTimeoutMs: 5000,
  healthKeyId: undefined,
};
const { host, logged } = createTestHost();
const backendOn = (connectTo: Connect) => new AwsBackend(config, host, connectTo);
/** A client whose calls do what a test wants. */
const clientWith =
  (members: Partial<AwsKms>): Connect =>
  async (...args) =>
    Object.assign(await connectSdk(...args), members);

describe('opening aws', () => {
  it('without the SDK says what to install', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package '@aws-sdk/client-kms'"));
    const backend = backendOn((...args) => connectSdk(...args, missing));
    const error = await errorOf(backend.open(call()));
    expect(error).toMatchObject({ code: 'unsupported', side: 'proxy' });
    expect(error.message).toContain('npm install @aws-sdk/client-kms');
    await backend.close();
  });

  it('sends nothing to KMS', async () => {
    service.requests.length = 0;
    const { backend } = await open(service);
    expect(service.requests).toEqual([]);
    await backend.close();
  });

  it('without any credentials is access-denied, on our side', async () => {
    const logIn = () =>
      Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }));
    const backend = backendOn(clientWith({ logIn }));
    expect(await errorOf(backend.open(call()))).toMatchObject({
      code: 'access-denied',
      side: 'proxy',
      providerCode: 'CredentialsProviderError',
    });
    expect((await errorOf(backend.describeKey(key.arn, call()))).code).toBe('unavailable');
    await backend.close();
  });

  it('does not wait for credentials longer than its deadline', async () => {
    const backend = backendOn(clientWith({ logIn: () => new Promise(() => undefined) }));
    const started = Date.now();
    expect((await errorOf(backend.open(call({ deadline: started + 50 })))).code).toBe('unavailable');
    expect(Date.now() - started).toBeLessThan(150);
    await backend.close();
  });

  it('is for once, also at the same time', async () => {
    const { backend } = connect(service);
    const opening = backend.open(call());
    expect((await errorOf(backend.open(call()))).code).toBe('unavailable');
    await opening;
    expect((await errorOf(backend.open(call()))).code).toBe('unavailable');
    await expect(backend.describeKey(key.arn, call())).resolves.toBeDefined();
    await backend.close();
  });

  it('comes before any call', async () => {
    const { backend } = connect(service);
    expect((await errorOf(backend.describeKey(key.arn, call()))).code).toBe('unavailable');
    expect((await errorOf(backend.health(call()))).code).toBe('unavailable');
  });
});

describe('credentials of aws', () => {
  it.each([
    [{ sessionToken: EXPIRED_SESSION }, 'ExpiredTokenException'],
    [{ accessKeyId: 'AKIDUNKNOWN' }, 'UnrecognizedClientException'],
  ])('that KMS refuses, %j, are access-denied on our side', async (options, providerCode) => {
    const { backend } = await open(service, options);
    const error = await errorOf(backend.describeKey(key.arn, call()));
    expect(error).toMatchObject({ code: 'access-denied', side: 'proxy', providerCode });
    await backend.close();
  });

  it('that no source has are access-denied on our side', async () => {
    const names = { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
    const before = { ...process.env };
    Object.assign(process.env, names, { AWS_CONFIG_FILE: '/dev/null' });
    try {
      const none = { accessKeyId: undefined, secretAccessKey: undefined, profile: 'absent' } as object;
      const { backend } = connect(service, none);
      expect(await errorOf(backend.open(call()))).toMatchObject({ code: 'access-denied', side: 'proxy' });
      await backend.close();
    } finally {
      process.env = before;
    }
  });
});

describe('closing aws', () => {
  it('ends calls under way', async () => {
    const { backend } = await open(service);
    service.fail({ kind: 'hang' });
    const arrived = service.nextRequest();
    const attempt = errorOf(backend.describeKey(key.arn, call()));
    await arrived;
    const started = Date.now();
    await backend.close();
    expect(await attempt).toMatchObject({ code: 'unavailable', side: 'proxy' });
    expect(Date.now() - started).toBeLessThan(100);
  });

  it('destroys the client, also one that comes late', async () => {
    let destroyed = 0;
    const late: Connect = async (...args) => {
      await sleep(50);
      return clientWith({ destroy: () => void (destroyed += 1) })(...args);
    };
    const backend = backendOn(late);
    const opening = errorOf(backend.open(call()));
    await backend.close();
    expect((await opening).code).toBe('unavailable');
    await sleep(100);
    expect(destroyed).toBe(1);

    const opened = backendOn(clientWith({ destroy: () => void (destroyed += 1) }));
    await opened.open(call());
    await opened.close();
    expect(destroyed).toBe(2);
  });

  it('leaves no call afterwards, and no second opening', async () => {
    const { backend } = await open(service);
    const calls = await callsOf(backend, key.arn);
    await backend.close();
    for (const attempt of Object.values(calls)) {
      expect(await errorOf(attempt(call()))).toMatchObject({ code: 'unavailable', side: 'proxy' });
    }
    expect((await errorOf(backend.open(call()))).code).toBe('unavailable');
  });
});

describe('plaintext of aws', () => {
  it('in an answer that comes too late is cleared', async () => {
    const Plaintext = Uint8Array.from(SECRET);
    const slow: Connect = clientWith({
      decrypt: (async () => {
        await sleep(80);
        return { Plaintext, KeyId: key.arn };
      }) as unknown as AwsKms['decrypt'],
    });
    const backend = backendOn(slow);
    await backend.open(call());
    const wrapped = { blob: new Uint8Array(100), alg: 'SYMMETRIC_DEFAULT', key: { keyId: key.arn } };
    await errorOf(backend.unwrapKey({ keyId: key.arn, wrapped }, call({ deadline: Date.now() + 20 })));
    expect(Plaintext).toEqual(SECRET);
    await sleep(120);
    expect(Plaintext).toEqual(new Uint8Array(32));
    await backend.close();
  });

  it('in an answer is copied, and the copy of the SDK is cleared', async () => {
    const Plaintext = Uint8Array.from(SECRET);
    const decrypt = (() => Promise.resolve({ Plaintext, KeyId: key.arn })) as unknown as AwsKms['decrypt'];
    const backend = backendOn(clientWith({ decrypt }));
    await backend.open(call());
    const wrapped = { blob: new Uint8Array(100), alg: 'SYMMETRIC_DEFAULT', key: { keyId: key.arn } };
    const opened = await backend.unwrapKey({ keyId: key.arn, wrapped }, call());
    expect(opened.plaintext).toEqual(SECRET);
    expect(Plaintext).toEqual(new Uint8Array(32));
    await backend.close();
  });
});

describe('the log of aws', () => {
  it('has the warnings of the SDK, and none of its requests', async () => {
    const client = await connectSdk(config, host);
    const { logger } = (
      client as unknown as { config: { logger: Record<string, (...args: unknown[]) => void> } }
    ).config;
    for (const level of ['debug', 'info', 'error']) logger[level]!({ input: SECRET });
    logger.warn!({ input: SECRET });
    expect(logged).toEqual([]);
    logger.warn!('Sockets are running out.');
    expect(logged).toEqual([
      { level: 'warn', message: 'Sockets are running out.', fields: { sdk: '@aws-sdk/client-kms' } },
    ]);
    client.destroy();
  });
});
