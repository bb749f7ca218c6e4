import { ERRORS, KkpError, publicCode } from '../../src/errors.js';

describe('the error table', () => {
  it.each(Object.entries(ERRORS))('%s answers with a client or server error status', (_code, { status }) => {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  });

  it('folds internal codes into the stable ones of the wire', () => {
    expect(publicCode('kms_unavailable')).toBe('kms_error');
    expect(publicCode('payload_too_large')).toBe('invalid_request');
    expect(publicCode('invalid_token')).toBe('invalid_token');
  });

  it('keeps the cause out of the message', () => {
    const error = new KkpError('internal_error', 'It failed.', { cause: new Error('secret') });
    expect(error.message).toBe('It failed.');
    expect(error.cause).toBeInstanceOf(Error);
  });
});
