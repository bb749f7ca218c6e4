import type { KmsBackend, WrappedKey } from 'kkp-plugin-kit';
import type { State } from './fake/crypto-keys.js';
import {
  errorInfo,
  GoogleError,
  requestInfo,
  retryInfo,
  STATUSES,
  type Status,
} from './fake/google-error.js';
import { FakeKms, RING } from './fake/kms.js';
import { aadOf, call, open, PLAINTEXT, refusal, wrap } from './support/gcp.js';

const kms = await FakeKms.start();
const keyId = kms.createKey('orders');
let backend: KmsBackend;
let wrapped: WrappedKey;
afterAll(() => kms.stop());

beforeEach(async () => {
  backend = await open(kms);
  wrapped = await wrap(backend, keyId);
  kms.seen.length = 0;
});

const OPERATIONS = {
  wrap: (id = keyId) => wrap(backend, id),
  unwrap: (id = keyId) => backend.unwrapKey({ keyId: id, wrapped }, call()),
  describe: (id = keyId) => backend.describeKey(id, call()),
};
type Operation = keyof typeof OPERATIONS;

const fail = (...error: ConstructorParameters<typeof GoogleError>) =>
  kms.faults.add({ kind: 'error', error: new GoogleError(...error) });

describe('a status of Google', () => {
  const EXPECTED: Readonly<Record<Status, readonly [code: string, side: string]>> = {
    INVALID_ARGUMENT: ['invalid-request', 'caller'],
    FAILED_PRECONDITION: ['disabled-key', 'caller'],
    OUT_OF_RANGE: ['invalid-request', 'caller'],
    UNAUTHENTICATED: ['access-denied', 'proxy'],
    PERMISSION_DENIED: ['access-denied', 'caller'],
    NOT_FOUND: ['not-found', 'caller'],
    ALREADY_EXISTS: ['unavailable', 'provider'],
    ABORTED: ['unavailable', 'provider'],
    RESOURCE_EXHAUSTED: ['throttled', 'provider'],
    CANCELLED: ['unavailable', 'provider'],
    UNKNOWN: ['unavailable', 'provider'],
    INTERNAL: ['unavailable', 'provider'],
    DATA_LOSS: ['unavailable', 'provider'],
    UNIMPLEMENTED: ['unsupported', 'provider'],
    UNAVAILABLE: ['unavailable', 'provider'],
    DEADLINE_EXCEEDED: ['unavailable', 'provider'],
  };
  const cases = STATUSES.flatMap((status) =>
    (['wrap', 'unwrap', 'describe'] as const).map((operation): [Status, Operation] => [status, operation]),
  );

  it.each(cases)('%s of %s has its code and side, and is asked once', async (status, operation) => {
    fail(status, 'Said by Google.');
    const error = await refusal(OPERATIONS[operation]());
    const [code, side] = EXPECTED[status];
    const opening = status === 'INVALID_ARGUMENT' && operation === 'unwrap';
    expect([error.code, error.side]).toEqual([opening ? 'invalid-ciphertext' : code, side]);
    expect(error.providerCode).toBe(status);
    expect(kms.seen).toHaveLength(1);
  });
});

describe('PERMISSION_DENIED', () => {
  it.each([
    'SERVICE_DISABLED',
    'BILLING_DISABLED',
    'CONSUMER_INVALID',
    'CONSUMER_SUSPENDED',
    'USER_PROJECT_DENIED',
    'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    'SECURITY_POLICY_VIOLATED',
    'ORG_RESTRICTION_VIOLATION',
  ])('for reason %s is on the side of KKP', async (reason) => {
    fail('PERMISSION_DENIED', 'Denied.', [errorInfo(reason)]);
    expect(await refusal(OPERATIONS.wrap())).toMatchObject({
      code: 'access-denied',
      side: 'proxy',
      providerCode: `PERMISSION_DENIED ${reason}`,
    });
  });

  it.each(['wrap', 'unwrap', 'describe'] as const)(
    'is also the answer to %s for an absent key',
    async (operation) => {
      kms.grantedOn = 'key';
      const error = await refusal(OPERATIONS[operation](`${RING}/cryptoKeys/absent`));
      kms.grantedOn = 'project';
      expect(error).toMatchObject({ code: 'access-denied', side: 'caller' });
      expect(error.message).toMatch(/or there is no such key/);
    },
  );

  it('of one operation leaves the others', async () => {
    kms.denied.add('encrypt');
    const error = await refusal(OPERATIONS.wrap());
    kms.denied.clear();
    expect(error.providerCode).toBe('PERMISSION_DENIED IAM_PERMISSION_DENIED');
    await OPERATIONS.unwrap();
  });
});

describe('FAILED_PRECONDITION', () => {
  it.each<State>([
    'DISABLED',
    'DESTROY_SCHEDULED',
    'DESTROYED',
    'PENDING_IMPORT',
    'PENDING_EXTERNAL_DESTRUCTION',
  ])('for a version that is %s is disabled-key, to wrap and to unwrap', async (state) => {
    const id = kms.createKey();
    wrapped = await wrap(backend, id);
    kms.order(id, (key) => key.setState(state));
    expect(await refusal(OPERATIONS.wrap(id))).toMatchObject({ code: 'disabled-key', side: 'caller' });
    expect(await refusal(OPERATIONS.unwrap(id))).toMatchObject({ code: 'disabled-key', side: 'caller' });
  });

  it.each(['ASYMMETRIC_SIGN', 'RAW_ENCRYPT_DECRYPT', 'MAC'])(
    'for a key of purpose %s is unsupported',
    async (purpose) => {
      const id = kms.createKey(undefined, { purpose });
      expect(await refusal(OPERATIONS.wrap(id))).toMatchObject({ code: 'unsupported', side: 'caller' });
      expect(await refusal(OPERATIONS.describe(id))).toMatchObject({ code: 'unsupported', side: 'caller' });
    },
  );

  it('for a key without primary version is disabled-key, and describeKey says so', async () => {
    const id = kms.createKey();
    kms.order(id, (key) => {
      key.primary = 0;
    });
    expect(await refusal(OPERATIONS.wrap(id))).toMatchObject({ code: 'disabled-key' });
    expect(await OPERATIONS.describe(id)).toMatchObject({ state: 'disabled', key: { keyId: id } });
  });

  it('for an API that is not enabled is on the side of KKP', async () => {
    const text = 'Google Cloud KMS API has not been used in this project before, or it is disabled.';
    fail('FAILED_PRECONDITION', text);
    expect(await refusal(OPERATIONS.wrap())).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });
});

describe('INVALID_ARGUMENT', () => {
  it.each([
    ['wrap', 'plaintext'],
    ['unwrap', 'ciphertext'],
    ['unwrap', 'additional_authenticated_data'],
  ] as const)(
    'of %s for the checksum of %s is retryable: the blob may be sound',
    async (operation, field) => {
      fail(
        'INVALID_ARGUMENT',
        `The checksum in field ${field}_crc32c did not match the data in field ${field}.`,
      );
      expect(await refusal(OPERATIONS[operation]())).toMatchObject({ code: 'unavailable', side: 'provider' });
    },
  );

  it('for plaintext and AAD over 8 KiB of an HSM key that was not declared is invalid-request', async () => {
    const id = kms.createKey(undefined, { protection: 'HSM' });
    const request = { keyId: id, plaintext: new Uint8Array(4096), aad: aadOf('a'.repeat(4097)) };
    expect(await refusal(backend.wrapKey(request, call()))).toMatchObject({ code: 'invalid-request' });
  });

  it('keeps nothing of what Google says: it may repeat what was sent', async () => {
    fail('INVALID_ARGUMENT', Buffer.from(PLAINTEXT).toString('base64'));
    expect((await refusal(OPERATIONS.wrap())).cause).toBeUndefined();
  });
});

describe('sizes and forms that are refused before anything is sent', () => {
  it.each([
    ['no plaintext', {}, () => ({ plaintext: new Uint8Array() })],
    ['a plaintext over 64 KiB', {}, () => ({ plaintext: new Uint8Array(65_537) })],
    ['AAD over 64 KiB', {}, () => ({ aad: aadOf('a'.repeat(65_537)) })],
    ['a plaintext over 4 KiB for an HSM', { protection: 'hsm' }, () => ({ plaintext: new Uint8Array(4097) })],
    ['AAD over 4 KiB for an HSM', { protection: 'hsm' }, () => ({ aad: aadOf('a'.repeat(4097)) })],
    ['a key id with a version', {}, () => ({ keyId: `${keyId}/cryptoKeyVersions/1` })],
  ] as const)('%s', async (_what, options, request) => {
    const own = await open(kms, { options });
    const attempt = own.wrapKey({ keyId, plaintext: PLAINTEXT, ...request() }, call());
    expect(await refusal(attempt)).toMatchObject({ code: 'invalid-request', side: 'caller' });
    expect(kms.seen).toHaveLength(0);
  });

  it.each([
    ['an empty blob', { blob: new Uint8Array() }],
    ['another algorithm', { alg: 'EXTERNAL_SYMMETRIC_ENCRYPTION' }],
  ])('%s, which is invalid-ciphertext', async (_what, members) => {
    const attempt = backend.unwrapKey({ keyId, wrapped: { ...wrapped, ...members } }, call());
    expect(await refusal(attempt)).toMatchObject({ code: 'invalid-ciphertext', side: 'caller' });
    expect(kms.seen).toHaveLength(0);
  });
});

describe('when to try again', () => {
  const HOUR_AHEAD = new Date(Date.now() + 3_600_000).toUTCString();
  it.each([
    ['RetryInfo', [retryInfo('3.25s')], {}, 3250],
    ['RetryInfo of whole seconds', [retryInfo('7s')], {}, 7000],
    ['RetryInfo before Retry-After', [retryInfo('2s')], { 'retry-after': '9' }, 2000],
    ['Retry-After in seconds', [], { 'retry-after': '30' }, 30_000],
    ['nothing', [], {}, undefined],
    ['a broken RetryInfo', [retryInfo('soon')], {}, undefined],
    ['a negative RetryInfo', [retryInfo('-1s')], {}, undefined],
    ['a broken Retry-After', [], { 'retry-after': '-1' }, undefined],
  ])('is said by %s', async (_what, details, headers, retryAfterMs) => {
    fail('RESOURCE_EXHAUSTED', 'Quota exceeded.', details, headers);
    expect(await refusal(OPERATIONS.wrap())).toMatchObject({
      code: 'throttled',
      retryable: true,
      retryAfterMs,
    });
  });

  it('is said by Retry-After as a date, also with UNAVAILABLE', async () => {
    fail('UNAVAILABLE', 'Down.', [], { 'retry-after': HOUR_AHEAD });
    const { retryAfterMs = 0 } = await refusal(OPERATIONS.wrap());
    expect(retryAfterMs).toBeGreaterThan(3_500_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });
});

describe('what Google says besides', () => {
  it('is in the cause, with the id of the request', async () => {
    fail('NOT_FOUND', 'CryptoKey x not found.', [requestInfo('req-1')]);
    const { cause, providerRequestId, message } = await refusal(OPERATIONS.wrap());
    expect(cause).toMatchObject({ message: 'CryptoKey x not found.' });
    expect(providerRequestId).toBe('req-1');
    expect(message).not.toMatch(/x not found/);
  });

  it.each([
    [{ error: { code: 404, message: 'No such page.' } }, 404],
    [{ error: 'not_found' }, 404],
    [{}, 403],
    [{ error: { status: { toString: 'x' } } }, 400],
    [{ error: { status: 'NOT FOUND <script>' } }, 404],
  ])('without a status in its form proves nothing of the key: %j', async (body, status) => {
    kms.faults.add({ kind: 'raw', status, text: JSON.stringify(body) });
    expect(await refusal(OPERATIONS.unwrap())).toMatchObject({
      code: 'unavailable',
      side: 'provider',
      providerCode: `HTTP ${status}`,
    });
  });

  it('is throttled when a load balancer answers 429', async () => {
    kms.faults.add({ kind: 'raw', status: 429, text: '<html>', headers: { 'retry-after': '4' } });
    expect(await refusal(OPERATIONS.wrap())).toMatchObject({ code: 'throttled', retryAfterMs: 4000 });
  });
});
