import { errorInfo, GoogleError, type Status } from './fake/google-error.js';
import { FakeKms, RING, TOKEN } from './fake/kms.js';
import { call, create, HOUR, movableHost, open, refusal, wrap } from './support/gcp.js';

const kms = await FakeKms.start();
const keyId = kms.createKey('orders');
const healthKey = kms.createKey('health');
afterAll(() => kms.stop());

const fail = (status: Status, details: object[] = []) =>
  kms.faults.add({ kind: 'error', error: new GoogleError(status, 'Said by Google.', details) });
const asked = () => kms.seen.splice(0).map(({ url }) => url);

describe('with a health key', () => {
  const options = { healthKey };

  it('start and health encrypt one byte with it', async () => {
    const backend = create(kms, { options });
    kms.seen.length = 0;
    await backend.open(call());
    expect(await backend.health(call())).toMatchObject({ status: 'up' });
    expect(kms.seen.map(({ url, body }) => [url, body.plaintext])).toEqual([
      [`/v1/${healthKey}:encrypt`, 'AA=='],
      [`/v1/${healthKey}:encrypt`, 'AA=='],
    ]);
  });

  it('that is missing the start fails', async () => {
    const backend = create(kms, { options: { healthKey: `${RING}/cryptoKeys/absent` } });
    expect(await refusal(backend.open(call()))).toMatchObject({ code: 'not-found' });
  });

  it.each<[Status, string, string]>([
    ['UNAVAILABLE', 'down', 'unavailable'],
    ['PERMISSION_DENIED', 'down', 'access-denied'],
    ['FAILED_PRECONDITION', 'down', 'disabled-key'],
    ['NOT_FOUND', 'down', 'not-found'],
    ['UNAUTHENTICATED', 'down', 'access-denied'],
    ['RESOURCE_EXHAUSTED', 'degraded', 'throttled'],
  ])('whose answer is %s the service is %s', async (status, told, detail) => {
    const backend = await open(kms, { options });
    fail(status);
    expect(await backend.health(call())).toMatchObject({ status: told, detail });
  });

  it('an answer with a wrong checksum is no health', async () => {
    const backend = await open(kms, { options });
    kms.faults.add({ kind: 'change', change: (body) => ({ ...body, ciphertextCrc32c: '1' }) });
    expect(await backend.health(call())).toMatchObject({ status: 'down', detail: 'unavailable' });
  });
});

describe('without a health key', () => {
  it('start and health ask Cloud KMS nothing while no key was used', async () => {
    const backend = create(kms);
    kms.seen.length = 0;
    await backend.open(call());
    expect(await backend.health(call())).toMatchObject({ status: 'up' });
    expect(asked()).toEqual([]);
  });

  it('health takes the key that answered last', async () => {
    const backend = await open(kms);
    const wrapped = await wrap(backend, healthKey);
    await wrap(backend, keyId);
    await backend.unwrapKey({ keyId: healthKey, wrapped }, call());
    kms.seen.length = 0;
    await backend.health(call());
    expect(asked()).toEqual([`/v1/${healthKey}:encrypt`]);
  });

  it('health does not take a key that failed', async () => {
    const backend = await open(kms);
    await refusal(wrap(backend, `${RING}/cryptoKeys/absent`));
    kms.seen.length = 0;
    await backend.health(call());
    expect(asked()).toEqual([]);
  });

  it.each<[Status, object[], string]>([
    ['NOT_FOUND', [], 'up'],
    ['FAILED_PRECONDITION', [], 'up'],
    ['PERMISSION_DENIED', [], 'up'],
    ['PERMISSION_DENIED', [errorInfo('SERVICE_DISABLED')], 'down'],
    ['UNAUTHENTICATED', [], 'down'],
    ['UNAVAILABLE', [], 'down'],
    ['RESOURCE_EXHAUSTED', [], 'degraded'],
  ])('an answer %s %j about that key is %s', async (status, details, told) => {
    const backend = await open(kms);
    await wrap(backend, keyId);
    fail(status, details);
    expect((await backend.health(call())).status).toBe(told);
  });

  it('a source of tokens that fails is down', async () => {
    let works = true;
    const credential = {
      getAccessToken: () =>
        works
          ? Promise.resolve({ token: TOKEN, expiresAt: Date.now() + HOUR })
          : Promise.reject(new Error('no')),
    };
    const { host, advance } = movableHost();
    const backend = await open(kms, { credential, host });
    works = false;
    advance(HOUR);
    expect(await backend.health(call({ withinMs: HOUR + 10_000 }))).toMatchObject({
      status: 'down',
      detail: 'access-denied',
    });
  });
});

it('health rejects, as every call, when it is aborted', async () => {
  const backend = await open(kms, { options: { healthKey } });
  expect(await refusal(backend.health(call({ signal: AbortSignal.abort() })))).toMatchObject({
    code: 'unavailable',
  });
});
