import { jest } from '@jest/globals';
import type { KmsBackend, KmsCapabilities } from 'kkp-plugin-kit';
import { bindAad } from '../../../src/backends/index.js';
import { FakeBackend } from './fake-backend.js';
import { CALL, never, openFake, thrownBy } from './setup.js';
import { pass } from './calls/traces.js';

const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const [AAD, TO_AAD] = [bindAad({ purpose: 'old' }), bindAad({ purpose: 'new' })];
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
const NATIVE = { blob: Uint8Array.of(9), alg: 'A', key: { keyId: 'k2' } };

/** A fake that rewraps by itself, or does not, as its capabilities for each key say. */
async function open(rewraps: Record<string, KmsCapabilities['rewrap']>, answer: unknown = NATIVE) {
  const native = jest.fn<NonNullable<KmsBackend['rewrap']>>(() => Promise.resolve(answer as typeof NATIVE));
  const replace = (fake: FakeBackend): Partial<KmsBackend> => {
    const declared = FakeBackend.prototype.capabilities.call(fake);
    return {
      capabilities: (keyId) => ({ ...declared, rewrap: rewraps[keyId] ?? 'none' }),
      rewrap: native,
    };
  };
  const made = await openFake({ replace });
  const wrapped = await made.backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT, aad: AAD }, CALL);
  return { ...made, native, wrapped };
}

describe('rewrapping', () => {
  it('moves a key to another key and AAD, where the key service cannot by itself', async () => {
    const { backend, wrapped, native, fake } = await open({});
    const moved = await backend.rewrap({ keyId: 'k', wrapped, aad: AAD, toKeyId: 'k2', toAad: TO_AAD }, CALL);
    const opened = await backend.unwrapKey({ keyId: 'k2', wrapped: moved, aad: TO_AAD }, CALL);
    expect(Uint8Array.from(opened.plaintext)).toEqual(PLAINTEXT);
    expect(native).not.toHaveBeenCalled();
    expect(isZero(fake.opened[0]!)).toBe(true);
  });

  it('zeroes what it opened when it cannot be wrapped', async () => {
    const { backend, wrapped, fake } = await open({});
    const request = { keyId: 'k', wrapped, aad: AAD, toKeyId: 'missing', toAad: TO_AAD };
    await expect(backend.rewrap(request, CALL)).rejects.toMatchObject({ code: 'not-found' });
    expect(isZero(fake.opened[0]!)).toBe(true);
  });

  it.each<[string, KmsCapabilities['rewrap'], KmsCapabilities['rewrap'], boolean, boolean]>([
    ['both can, with AAD', 'full', 'full', true, true],
    ['both can, without AAD', 'full', 'full', false, true],
    ['both can only without AAD, and there is none', 'no-aad', 'no-aad', false, true],
    ['both can only without AAD, and there is some', 'no-aad', 'no-aad', true, false],
    ['the target can only without AAD, and there is some', 'full', 'no-aad', true, false],
    ['the source cannot', 'none', 'full', false, false],
    ['the target cannot', 'full', 'none', false, false],
  ])('is the key service’s own when %s', async (_what, from, to, bound, native) => {
    const made = await open({ k: from, k2: to });
    const aad = bound ? { aad: AAD, toAad: TO_AAD } : {};
    const wrapped = bound
      ? made.wrapped
      : await made.backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
    await made.backend.rewrap({ keyId: 'k', wrapped, toKeyId: 'k2', ...aad }, CALL);
    expect(made.native.mock.calls.length > 0).toBe(native);
    expect(made.fake.asked('unwrapKey')).toBe(native ? 0 : 1);
  });

  it.each([['aad'], ['toAad']])(
    'is not the key service’s own when it cannot with %s alone',
    async (member) => {
      const { backend, native } = await open({ k: 'no-aad', k2: 'no-aad' });
      const plain = await backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
      const request = { keyId: 'k', wrapped: plain, toKeyId: 'k2', [member]: AAD };
      await backend.rewrap(request, CALL).catch(() => undefined);
      expect(native).not.toHaveBeenCalled();
    },
  );

  it.each([
    ['from another key than the target', { ...NATIVE, key: { keyId: 'k' } }],
    ['without a blob', { ...NATIVE, blob: new Uint8Array() }],
    ['of nothing', null],
  ])('refuses an answer of the key service %s', async (_what, answer) => {
    const { backend, wrapped } = await open({ k: 'full', k2: 'full' }, answer);
    const request = { keyId: 'k', wrapped, aad: AAD, toKeyId: 'k2', toAad: AAD };
    await expect(backend.rewrap(request, CALL)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['a malformed source', { keyId: '' }, 'invalid-request'],
    ['a malformed target', { toKeyId: '' }, 'invalid-request'],
    ['AAD over the maximum', { aad: bindAad({ a: 'x'.repeat(100) }) }, 'invalid-request'],
    ['target AAD over the maximum', { toAad: bindAad({ a: 'x'.repeat(100) }) }, 'invalid-request'],
  ])('refuses %s before the backend is called', async (_what, change, code) => {
    const { backend, fake } = await openFake({ capabilities: { maxAadBytes: 64 } });
    const wrapped = { blob: Uint8Array.of(1), alg: 'A', key: { keyId: 'k' } };
    const request = { keyId: 'k', wrapped, toKeyId: 'k2', ...change };
    await expect(backend.rewrap(request, CALL)).rejects.toMatchObject({ code });
    expect(fake.asked('unwrapKey')).toBe(0);
  });

  it('refuses target AAD for a key that takes none', async () => {
    const { backend, fake } = await openFake({ aad: 'none' });
    const wrapped = { blob: Uint8Array.of(1), alg: 'A', key: { keyId: 'k' } };
    const result = backend.rewrap({ keyId: 'k', wrapped, toKeyId: 'k2', toAad: AAD }, CALL);
    await expect(result).rejects.toMatchObject({ code: 'unsupported' });
    expect(fake.asked('unwrapKey')).toBe(0);
  });

  it('is refused of a backend that declares it and does not have it', async () => {
    const { backend } = await openFake({ capabilities: { rewrap: 'full' } });
    expect(thrownBy(() => backend.capabilities('k'))).toMatchObject({ code: 'unavailable' });
  });

  it('has one deadline for opening and wrapping', async () => {
    jest.useFakeTimers();
    let opensAt = 0;
    const slow = (fake: FakeBackend): Partial<KmsBackend> => ({
      unwrapKey: async (request, call) => {
        await new Promise((resolve) => setTimeout(resolve, opensAt));
        return FakeBackend.prototype.unwrapKey.call(fake, request, call);
      },
      wrapKey: (request, call) =>
        request.keyId === 'k2' ? never() : FakeBackend.prototype.wrapKey.call(fake, request, call),
    });
    const { backend, clock, fake } = await openFake({ replace: slow }, { callTimeoutMs: 1_000 });
    const wrapped = await backend.wrapKey({ keyId: 'k', plaintext: PLAINTEXT }, CALL);
    opensAt = 800;
    const result = backend.rewrap({ keyId: 'k', wrapped, toKeyId: 'k2' }, CALL);
    result.catch(() => undefined);
    await pass(clock, 800);
    await pass(clock, 200);
    await expect(result).rejects.toMatchObject({ code: 'unavailable', side: 'provider' });
    expect(isZero(fake.opened[0]!)).toBe(true);
    jest.useRealTimers();
  });
});
