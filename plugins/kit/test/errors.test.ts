import { isKmsError, KMS_ERROR_CODES, KmsError } from 'kkp-plugin-kit';

/** As another copy of the kit would make it. */
function fromAnotherCopy(name: string, code: unknown): Error {
  return Object.assign(new Error('text'), { name, code });
}

describe('KmsError', () => {
  it.each(KMS_ERROR_CODES)('of code %s is retryable only when time alone may cure it', (code) => {
    expect(new KmsError(code, 'text').retryable).toBe(code === 'throttled' || code === 'unavailable');
  });

  it('keeps what the provider said', () => {
    const cause = new Error('429');
    const options = {
      side: 'proxy',
      retryAfterMs: 5,
      providerCode: 'Slow',
      providerRequestId: 'r',
      cause,
    } as const;
    expect(new KmsError('throttled', 'text', options)).toMatchObject({ ...options, message: 'text' });
    expect(new KmsError('throttled', 'text').side).toBe('provider');
  });
});

describe('isKmsError', () => {
  it.each([
    ['its own', new KmsError('not-found', 'text')],
    ['that of another copy of the kit', fromAnotherCopy('KmsError', 'not-found')],
  ])('knows %s', (_, error) => {
    expect(isKmsError(error)).toBe(true);
  });

  it.each([
    ['another error', fromAnotherCopy('Error', 'not-found')],
    ['an unknown code', fromAnotherCopy('KmsError', 'ENOENT')],
    ['no code', fromAnotherCopy('KmsError', undefined)],
    ['something that is no error', { name: 'KmsError', code: 'not-found' }],
    ['nothing', undefined],
  ])('does not know %s', (_, error) => {
    expect(isKmsError(error)).toBe(false);
  });
});
