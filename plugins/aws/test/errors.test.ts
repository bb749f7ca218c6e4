import { inspect } from 'node:util';
import type { KmsErrorCode } from 'kkp-plugin-kit';
import { FakeKms } from './fake/server.js';
import type { Fault } from './fake/faults.js';
import { call, errorOf, open, SECRET, type Connection } from './support/connection.js';

const service = await new FakeKms().start();
const key = service.keys.create();
let connection: Connection;

beforeAll(async () => void (connection = await open(service)));
afterAll(async () => {
  await connection.backend.close();
  await service.stop();
});

const dataKey = () => connection.backend.generateDataKey({ keyId: key.arn, bytes: 32 }, call());
const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers,
});
const failure = (type: string, message?: string, status = 400): Fault =>
  answer(status, { __type: type, ...(message !== undefined && { message }) });

describe('an error of AWS KMS', () => {
  it.each<[string, KmsErrorCode, string]>([
    ['NotFoundException', 'not-found', 'caller'],
    ['AccessDeniedException', 'access-denied', 'caller'],
    ['InvalidGrantTokenException', 'access-denied', 'proxy'],
    ['AccessDenied', 'access-denied', 'proxy'],
    ['ExpiredToken', 'access-denied', 'proxy'],
    ['ExpiredTokenException', 'access-denied', 'proxy'],
    ['IncompleteSignature', 'access-denied', 'proxy'],
    ['InvalidClientTokenId', 'access-denied', 'proxy'],
    ['InvalidIdentityToken', 'access-denied', 'proxy'],
    ['InvalidIdentityTokenException', 'access-denied', 'proxy'],
    ['InvalidSignatureException', 'access-denied', 'proxy'],
    ['MissingAuthenticationToken', 'access-denied', 'proxy'],
    ['MissingAuthenticationTokenException', 'access-denied', 'proxy'],
    ['NotAuthorized', 'access-denied', 'proxy'],
    ['OptInRequired', 'access-denied', 'proxy'],
    ['RequestExpired', 'access-denied', 'proxy'],
    ['UnrecognizedClientException', 'access-denied', 'proxy'],
    ['LimitExceededException', 'throttled', 'provider'],
    ['RequestLimitExceeded', 'throttled', 'provider'],
    ['Throttling', 'throttled', 'provider'],
    ['ThrottlingException', 'throttled', 'provider'],
    ['TooManyRequestsException', 'throttled', 'provider'],
    ['DependencyTimeoutException', 'unavailable', 'provider'],
    ['InternalFailure', 'unavailable', 'provider'],
    ['KeyUnavailableException', 'unavailable', 'provider'],
    ['KMSInternalException', 'unavailable', 'provider'],
    ['ServiceUnavailable', 'unavailable', 'provider'],
    ['ServiceUnavailableException', 'unavailable', 'provider'],
    ['IncorrectKeyException', 'invalid-ciphertext', 'caller'],
    ['InvalidCiphertextException', 'invalid-ciphertext', 'caller'],
    ['DisabledException', 'disabled-key', 'caller'],
    ['InvalidKeyUsageException', 'unsupported', 'caller'],
    ['UnsupportedOperationException', 'unsupported', 'caller'],
    ['InvalidArnException', 'invalid-request', 'caller'],
    ['ValidationException', 'invalid-request', 'caller'],
  ])('%s is %s, on the side of the %s', async (type, code, side) => {
    service.fail(failure(type, 'a message'));
    const error = await errorOf(dataKey());
    expect({ code: error.code, side: error.side }).toEqual({ code, side });
    expect(error.providerCode).toBe(type);
    expect(error.providerRequestId).toBe(service.requestId);
    expect(error.message).not.toContain('a message');
    expect((error.cause as Error).message).toBe(`${type}, status 400, a message`);
  });

  it.each<[string, KmsErrorCode]>([
    ['arn:aws:kms:eu-west-1:111122223333:key/x is pending deletion.', 'disabled-key'],
    ['arn:aws:kms:eu-west-1:111122223333:key/x is pending replica deletion.', 'disabled-key'],
    ['arn:aws:kms:eu-west-1:111122223333:key/x is pending import.', 'disabled-key'],
    ['The custom key store is not connected.', 'unavailable'],
    ['The key store answered late; this is pending.', 'unavailable'],
    ['', 'unavailable'],
  ])('KMSInvalidStateException with "%s" is %s', async (message, code) => {
    service.fail(failure('KMSInvalidStateException', message, 409));
    expect((await errorOf(dataKey())).code).toBe(code);
  });

  it.each<[number, KmsErrorCode, string]>([
    [400, 'invalid-request', 'caller'],
    [401, 'access-denied', 'proxy'],
    [403, 'access-denied', 'proxy'],
    [429, 'throttled', 'provider'],
    [500, 'unavailable', 'provider'],
    [503, 'unavailable', 'provider'],
  ])('of a name that is new is judged by its status %i', async (status, code, side) => {
    service.fail(failure('BrandNewException', 'new', status));
    const error = await errorOf(dataKey());
    expect({ code: error.code, side: error.side }).toEqual({ code, side });
    expect(error.providerCode).toBe('BrandNewException');
  });

  it.each(['toString', '__proto__', 'constructor'])('named %s is like any that is new', async (type) => {
    service.fail(failure(type, 'odd', 400));
    expect((await errorOf(dataKey())).code).toBe('invalid-request');
  });

  it.each<[string, number, KmsErrorCode]>([
    ['<html>Bad request</html>', 400, 'unavailable'],
    ['<html>Forbidden</html>', 403, 'unavailable'],
    ['<html>Slow down</html>', 429, 'throttled'],
    ['<html>Bad gateway</html>', 502, 'unavailable'],
    ['<html>Hello</html>', 200, 'unavailable'],
    ['', 503, 'unavailable'],
    ['', 200, 'unavailable'],
    ['[]', 200, 'unavailable'],
    ['null', 200, 'unavailable'],
  ])('in another language ("%s", status %i) is %s', async (body, status, code) => {
    service.fail(answer(status, body));
    expect((await errorOf(dataKey())).code).toBe(code);
  });

  it('has its name also in the header alone', async () => {
    service.fail(
      answer(400, '{}', { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/' }),
    );
    expect(await errorOf(dataKey())).toMatchObject({
      code: 'throttled',
      providerCode: 'ThrottlingException',
    });
  });

  it('needs no message: KMS sends InvalidCiphertextException without one', async () => {
    service.fail(failure('InvalidCiphertextException'));
    expect((await errorOf(dataKey())).code).toBe('invalid-ciphertext');
  });
});

describe('Retry-After of AWS KMS', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    [new Date(0).toUTCString(), 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1e3', undefined],
  ])('"%s" is %s ms', async (value, ms) => {
    service.fail(answer(429, { __type: 'ThrottlingException' }, { 'retry-after': value }));
    const { code, retryable, retryAfterMs } = await errorOf(dataKey());
    expect({ code, retryable, retryAfterMs }).toEqual({
      code: 'throttled',
      retryable: true,
      retryAfterMs: ms,
    });
  });

  it('may be a date', async () => {
    const at = new Date(Date.now() + 60_000).toUTCString();
    service.fail(answer(503, '', { 'retry-after': at }));
    const { retryAfterMs } = await errorOf(dataKey());
    expect(retryAfterMs).toBeGreaterThan(55_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });
});

describe('what an error tells', () => {
  const printed = Buffer.from(SECRET).toString('base64');

  it.each<Fault>([
    { kind: 'half' },
    { kind: 'cut' },
    { kind: 'failure', type: 'ThrottlingException' },
    // The JSON parser quotes what it does not understand.
    answer(200, `{"Plaintext":${printed}}`),
  ])('holds no plaintext, signature or credential after %j', async (fault) => {
    const wrapped = await connection.backend.wrapKey({ keyId: key.arn, plaintext: SECRET }, call());
    service.fail(fault);
    const error = await errorOf(connection.backend.unwrapKey({ keyId: key.arn, wrapped }, call()));
    const told = inspect([error, connection.logged], {
      depth: 12,
      showHidden: true,
      maxStringLength: null,
    });
    expect(error.retryable).toBe(true);
    expect(told).not.toContain(printed.slice(0, 8));
    expect(told).not.toMatch(/AWS4-HMAC|Signature|EXAMPLEKEY|AKID/);
  });
});
