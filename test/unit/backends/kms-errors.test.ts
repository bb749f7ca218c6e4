import { KMS_ERROR_CODES, KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';
import { kmsToKkpError } from '../../../src/backends/index.js';

describe('kmsToKkpError', () => {
  it.each<[KmsErrorCode, KmsErrorOptions, string, number | undefined]>([
    ['not-found', {}, 'kms_error', undefined],
    ['not-found', { side: 'caller' }, 'kms_error', undefined],
    ['not-found', { side: 'proxy' }, 'kms_failed', undefined],
    ['disabled-key', {}, 'kms_error', undefined],
    ['invalid-request', { side: 'caller' }, 'kms_error', undefined],
    ['invalid-request', { side: 'proxy' }, 'kms_failed', undefined],
    ['unsupported', {}, 'kms_error', undefined],
    ['unsupported', { side: 'proxy' }, 'kms_failed', undefined],
    ['throttled', {}, 'kms_throttled', 1],
    ['throttled', { retryAfterMs: 1 }, 'kms_throttled', 1],
    ['throttled', { retryAfterMs: 2001 }, 'kms_throttled', 3],
    ['throttled', { retryAfterMs: NaN }, 'kms_throttled', 1],
    ['throttled', { retryAfterMs: -5 }, 'kms_throttled', 1],
    ['throttled', { retryAfterMs: 1e12 }, 'kms_throttled', 3600],
    ['unavailable', {}, 'kms_unavailable', undefined],
    ['unavailable', { side: 'proxy' }, 'kms_unavailable', undefined],
    ['unavailable', { retryAfterMs: 4000 }, 'kms_unavailable', 4],
    ['access-denied', {}, 'kms_failed', undefined],
    ['access-denied', { side: 'proxy' }, 'kms_failed', undefined],
    ['invalid-ciphertext', {}, 'kms_failed', undefined],
  ])('makes of %s %j a %s', (code, options, expected, retryAfterSeconds) => {
    const error = kmsToKkpError(new KmsError(code, 'arn:aws:kms:secret', options));
    expect(error).toMatchObject({ code: expected, retryAfterSeconds });
  });

  it.each(KMS_ERROR_CODES)('lets no text of the provider out of %s, and keeps it as the cause', (code) => {
    const cause = new KmsError(code, 'arn:aws:kms:secret', { providerCode: 'SecretException' });
    const error = kmsToKkpError(cause);
    expect(error.message).not.toMatch(/secret/i);
    expect(error.detail).toMatch(/^[A-Z].*\.$/);
    expect(error.cause).toBe(cause);
  });
});
