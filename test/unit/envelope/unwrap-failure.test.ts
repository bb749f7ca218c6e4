import { jest } from '@jest/globals';
import { KmsError, type KeyDescription, type KmsErrorCode } from 'kkp-plugin-kit';
import { fakePlugin } from '../backends/fake-backend.js';
import { ENVELOPE_ERROR, openService, publicError } from './setup.js';

type Describe = () => Promise<KeyDescription>;
const described =
  (state: KeyDescription['state']): Describe =>
  () =>
    Promise.resolve({ key: { keyId: 'k' }, state, alg: 'A', protection: 'hsm' });
const refused =
  (code: KmsErrorCode): Describe =>
  () =>
    Promise.reject(new KmsError(code, 'secret text'));

async function failed(code: KmsErrorCode, describeKey: Describe = described('enabled')) {
  const describe = jest.fn(describeKey);
  const unwrapKey = () => Promise.reject(new KmsError(code, 'secret text', { retryAfterMs: 2000 }));
  const { encrypt, decrypt } = await openService(
    fakePlugin('eu', { replace: () => ({ unwrapKey, describeKey: describe }) }),
  );
  const error = await publicError(decrypt(await encrypt('eu', 'k')));
  return { error, asked: describe.mock.calls.length };
}

describe('a data key that does not open', () => {
  it.each(['invalid-ciphertext', 'invalid-request', 'unsupported'] as const)(
    'is a fault of the envelope when the key service says %s, and nothing more is asked',
    async (code) => {
      expect(await failed(code)).toEqual({ error: ENVELOPE_ERROR, asked: 0 });
    },
  );

  it.each([
    ['throttled', 'kms_throttled', 2],
    ['unavailable', 'kms_unavailable', 2],
    ['access-denied', 'kms_failed', undefined],
  ] as const)('is not the envelope’s fault when it says %s', async (kms, code, retryAfterSeconds) => {
    const { error, asked } = await failed(kms);
    expect(error).toMatchObject({ code, ...(retryAfterSeconds && { retryAfterSeconds }) });
    expect(asked).toBe(0);
  });

  it.each<[KmsErrorCode, string, Describe]>([
    ['not-found', 'is not there', refused('not-found')],
    ['not-found', 'is destroyed', described('destroyed')],
    ['not-found', 'is pending deletion', described('pending-deletion')],
    ['disabled-key', 'is disabled', described('disabled')],
    ['disabled-key', 'is disabled', refused('disabled-key')],
  ])('tells %s when the granted key itself %s', async (code, _what, describeKey) => {
    const { error, asked } = await failed(code, describeKey);
    expect(error).toMatchObject({ code: 'kms_error' });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(asked).toBe(1);
  });

  it.each<[KmsErrorCode, string, Describe]>([
    ['not-found', 'is enabled: a version that the envelope names is missing', described('enabled')],
    ['disabled-key', 'is enabled: a version that the envelope names is disabled', described('enabled')],
    ['not-found', 'is in an unknown state', described('unknown')],
    ['not-found', 'cannot be looked up', refused('access-denied')],
  ])('does not tell %s when the granted key %s', async (code, _what, describeKey) => {
    expect(await failed(code, describeKey)).toEqual({ error: ENVELOPE_ERROR, asked: 1 });
  });

  it.each<[KmsErrorCode, string]>([
    ['unavailable', 'kms_unavailable'],
    ['throttled', 'kms_throttled'],
  ])('is nobody’s fault for now when its key cannot be looked up: %s', async (kms, code) => {
    expect((await failed('disabled-key', refused(kms))).error).toMatchObject({ code });
  });

  it('is told within the deadline of one call, without a look at its key when there is no time left', async () => {
    const unwrapKey = () => {
      clock.time += 60_000;
      return Promise.reject(new KmsError('not-found', 'secret text'));
    };
    const describeKey = jest.fn(described('destroyed'));
    const { clock, encrypt, decrypt } = await openService(
      fakePlugin('eu', { replace: () => ({ unwrapKey, describeKey }) }),
    );
    expect(await publicError(decrypt(await encrypt('eu', 'k')))).toMatchObject({ code: 'kms_unavailable' });
    expect(describeKey).not.toHaveBeenCalled();
  });

  it('is judged by the state of its key now, not by what was known a moment ago', async () => {
    let state: KeyDescription['state'] = 'enabled';
    const unwrapKey = () => Promise.reject(new KmsError('disabled-key', 'secret text'));
    const { registry, encrypt, decrypt } = await openService(
      fakePlugin('eu', { replace: () => ({ unwrapKey, describeKey: () => described(state)() }) }),
    );
    const envelope = await encrypt('eu', 'k');
    await registry.get('eu').describeKey('k', { requestId: 'r' });
    state = 'disabled';
    expect(await publicError(decrypt(envelope))).toMatchObject({ code: 'kms_error' });
  });
});
