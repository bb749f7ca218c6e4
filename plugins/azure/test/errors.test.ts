import { inspect } from 'node:util';
import type { KmsBackend, WrappedKey } from 'kkp-plugin-kit';
import {
  accessDenied,
  badParameter,
  keyDisabled,
  keyExpired,
  keyNotFound,
  operationForbidden,
  ServiceError,
  throttled,
} from './fake/errors.js';
import { FakeVault, type Fault } from './fake/vault.js';
import { call, open, PLAINTEXT, refusal } from './support/azure.js';

let vault: FakeVault;
let backend: KmsBackend;
let wrapped: WrappedKey;

beforeAll(async () => {
  vault = await FakeVault.start();
  vault.keys.add('orders', 'RSA');
});
afterAll(() => vault.stop());

beforeEach(async () => {
  backend = await open(vault);
  wrapped = await backend.wrapKey({ keyId: 'orders', plaintext: PLAINTEXT }, call());
  vault.seen.length = 0;
  vault.faults.length = 0;
});

const calls = {
  wrap: () => backend.wrapKey({ keyId: 'orders', plaintext: PLAINTEXT }, call()),
  unwrap: () => backend.unwrapKey({ keyId: 'orders', wrapped }, call()),
  describe: () => backend.describeKey('orders', call()),
  health: () => backend.health(call()),
};

const error = (status: number, code: string, message = 'Told by the service.', inner?: string) =>
  new ServiceError(status, code, message, inner);

describe('what the vault refuses', () => {
  it.each([
    [keyDisabled('unwrapKey'), 'disabled-key caller KeyDisabled'],
    [keyExpired('wrapKey'), 'disabled-key caller KeyExpired'],
    [error(403, 'Forbidden', 'The key is not yet valid.'), 'disabled-key caller Forbidden'],
    [operationForbidden('unwrapKey'), 'unsupported caller KeyOperationForbidden'],
    [accessDenied('wrapKey'), 'access-denied provider AccessDenied'],
    [
      error(403, 'Forbidden', 'Client address is not authorized.', 'ForbiddenByFirewall'),
      'access-denied provider ForbiddenByFirewall',
    ],
    [error(403, 'Forbidden'), 'access-denied provider Forbidden'],
    [error(401, 'Unauthorized'), 'access-denied proxy Unauthorized'],
    [error(409, 'Conflict', 'x', 'ObjectIsBeingDeleted'), 'disabled-key caller ObjectIsBeingDeleted'],
    [throttled('7'), 'throttled provider Throttled'],
    [error(408, 'RequestTimeout'), 'unavailable provider RequestTimeout'],
    [error(413, 'RequestEntityTooLarge'), 'invalid-request caller RequestEntityTooLarge'],
    [error(500, 'InternalError'), 'unavailable provider InternalError'],
    [error(502, 'BadGateway'), 'unavailable provider BadGateway'],
    [error(503, 'ServiceUnavailable'), 'unavailable provider ServiceUnavailable'],
  ])('is one error for every call, after one request: %s', async (service, expected) => {
    for (const attempt of Object.values(calls)) {
      vault.seen.length = 0;
      vault.faults.push({ kind: 'error', error: service });
      const { code, side, providerCode, providerRequestId } = await refusal(attempt());
      expect(`${code} ${side} ${providerCode ?? ''}`).toBe(expected);
      expect(providerRequestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(vault.seen).toHaveLength(1);
    }
  });

  it.each([
    [badParameter('Error occurred while decoding OAEP padding.'), 'invalid-request', 'invalid-ciphertext'],
    [badParameter('Key and encryption algorithm are incompatible.'), 'unsupported', 'invalid-ciphertext'],
    [error(400, 'Whatever'), 'invalid-request', 'invalid-ciphertext'],
  ])('as a 400 depends on the call: %s', async (service, onWrap, onUnwrap) => {
    vault.faults.push({ kind: 'error', error: service }, { kind: 'error', error: service });
    expect((await refusal(calls.wrap())).code).toBe(onWrap);
    expect((await refusal(calls.unwrap())).code).toBe(onUnwrap);
  });

  it('as a 404 says not-found, and whose fault it is', async () => {
    vault.faults.push({ kind: 'error', error: keyNotFound('orders') });
    expect(await refusal(calls.wrap())).toMatchObject({ code: 'not-found', side: 'caller' });
  });

  it('keeps the words of the service as the cause, for the log', async () => {
    vault.faults.push({ kind: 'error', error: accessDenied('wrapKey') });
    const { cause, message } = await refusal(calls.wrap());
    expect((cause as Error).message).toContain('does not have keys wrapKey permission');
    expect(message).not.toContain('does not have keys');
  });
});

describe('a 400 that repeats what was sent', () => {
  it('is not quoted', async () => {
    const secret = Buffer.from(PLAINTEXT).toString('base64url');
    vault.faults.push({ kind: 'error', error: badParameter(`'${secret}' is no value.`) });
    expect(inspect(await refusal(calls.wrap()), { depth: 20, showHidden: true })).not.toContain(secret);
  });
});

describe('Retry-After', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['99999999999', undefined],
  ])('of %s is told as milliseconds, or not at all', async (value, expected) => {
    vault.faults.push({ kind: 'error', error: throttled(value) });
    expect((await refusal(calls.wrap())).retryAfterMs).toBe(expected);
  });

  it('may be a date', async () => {
    const at = new Date(Date.now() + 30_000).toUTCString();
    vault.faults.push({ kind: 'error', error: throttled(at) });
    const { retryAfterMs = 0 } = await refusal(calls.unwrap());
    expect(retryAfterMs).toBeGreaterThan(25_000);
    expect(retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  it('is believed of a vault that is down, and of no refusal', async () => {
    const headers = { 'Retry-After': '3' };
    vault.faults.push(
      { kind: 'error', error: new ServiceError(503, 'Down', 'x', undefined, headers) },
      { kind: 'error', error: new ServiceError(403, 'Forbidden', 'x', undefined, headers) },
    );
    expect((await refusal(calls.wrap())).retryAfterMs).toBe(3000);
    expect((await refusal(calls.wrap())).retryAfterMs).toBeUndefined();
  });
});

describe('a broken answer', () => {
  const kinds = ['reset', 'truncate', 'half-json', 'html', 'no-value'] as const;
  it.each(kinds)('(%s) is unavailable, and not asked for again', async (kind) => {
    for (const attempt of [calls.wrap, calls.unwrap]) {
      vault.seen.length = 0;
      vault.faults.push({ kind });
      expect(await refusal(attempt())).toMatchObject({ code: 'unavailable', side: 'provider' });
      expect(vault.seen).toHaveLength(1);
    }
  });

  it.each(['reset', 'truncate', 'half-json', 'html'] as const)(
    '(%s) to a description is unavailable',
    async (kind) => {
      vault.faults.push({ kind });
      expect((await refusal(calls.describe())).code).toBe('unavailable');
    },
  );

  it('tells no plaintext, wherever one looks', async () => {
    const secret = Buffer.from(PLAINTEXT).toString('base64url');
    for (const kind of kinds) {
      for (const attempt of [calls.wrap, calls.unwrap]) {
        vault.faults.push({ kind });
        const told = inspect(await refusal(attempt()), {
          depth: 20,
          showHidden: true,
          maxStringLength: null,
        });
        expect(told).not.toContain(secret.slice(0, 16));
      }
    }
  });

  it.each([
    ['wrap', 'unavailable'],
    ['unwrap', 'invalid-ciphertext'],
    ['describe', 'unavailable'],
  ] as const)('from another key is refused by %s', async (name, expected) => {
    vault.faults.push({ kind: 'wrong-kid' });
    expect((await refusal(calls[name]())).code).toBe(expected);
  });

  it('from another version than the asked one opens nothing', async () => {
    vault.faults.push({ kind: 'wrong-version' });
    expect((await refusal(calls.unwrap())).code).toBe('invalid-ciphertext');
  });

  it('from a version that the key does not have wraps nothing', async () => {
    vault.faults.push({ kind: 'wrong-version' });
    expect((await refusal(calls.wrap())).code).toBe('not-found');
  });

  it('that points elsewhere is not followed, not even within the vault', async () => {
    const headers = { Location: `${vault.url}/keys/orders/?api-version=7.6` };
    vault.faults.push({ kind: 'error', error: new ServiceError(307, 'Moved', 'x', undefined, headers) });
    expect((await refusal(calls.describe())).code).toBe('unavailable');
    expect(vault.seen).toHaveLength(1);
  });
});

describe('a call that nobody waits for any longer', () => {
  const SLACK_MS = 100;
  const faults: Fault[] = [{ kind: 'black-hole' }, { kind: 'delay', ms: 400 }];
  it.each(faults)('is unavailable at once: $kind', async (fault) => {
    const attempts = {
      wrap: (signal: AbortSignal) => backend.wrapKey({ keyId: 'orders', plaintext: PLAINTEXT }, call(signal)),
      unwrap: (signal: AbortSignal) => backend.unwrapKey({ keyId: 'orders', wrapped }, call(signal)),
      describe: (signal: AbortSignal) => backend.describeKey('orders', call(signal)),
      health: (signal: AbortSignal) => backend.health(call(signal)),
    };
    for (const attempt of Object.values(attempts)) {
      vault.seen.length = 0;
      vault.faults.push(fault);
      const signal = AbortSignal.timeout(50);
      const aborted = new Promise<number>((resolve) => {
        signal.addEventListener('abort', () => resolve(performance.now()), { once: true });
      });
      expect(await refusal(attempt(signal))).toMatchObject({ code: 'unavailable', side: 'proxy' });
      expect(performance.now() - (await aborted)).toBeLessThan(SLACK_MS);
      expect(vault.seen).toHaveLength(1);
    }
  });

  it('sends nothing when it is aborted already', async () => {
    await refusal(backend.unwrapKey({ keyId: 'orders', wrapped }, call(AbortSignal.abort())));
    expect(vault.seen).toHaveLength(0);
  });
});
