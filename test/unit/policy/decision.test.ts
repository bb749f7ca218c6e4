import { readResultSet } from '../../../src/policy/decision.js';
import { reasonForLog } from '../../../src/policy/reason.js';

const verdict = (value: unknown, action: Parameters<typeof readResultSet>[1] = 'decrypt') =>
  readResultSet([{ result: value }], action);

describe('the reading of a result set', () => {
  it('denies an empty one: undefined is how a policy without a default says no', () => {
    expect(readResultSet([], 'decrypt')).toEqual({ allowed: false });
  });

  it.each<[string, unknown]>([
    ['two results', [{ result: true }, { result: true }]],
    ['a result without its member', [{ expressions: true }]],
    ['an empty result', [{}]],
    ['a bare true', true],
    ['a bare true in an array', [true]],
    ['null in an array', [null]],
    ['an object that looks like an array', { 0: { result: true }, length: 1 }],
    ['null', null],
    ['undefined', undefined],
    ['text', '[{"result":true}]'],
  ])('denies and reports %s', (_, results) => {
    expect(readResultSet(results, 'decrypt')).toEqual({ allowed: false, fault: expect.any(String) });
  });

  it.each<[string, unknown]>([
    ['the text "true"', 'true'],
    ['the text "false"', 'false'],
    ['an empty text', ''],
    ['1', 1],
    ['0', 0],
    ['null', null],
    ['an array', [true]],
    ['an empty array', []],
    ['an empty object', {}],
    ['an object without allow', { reason: 'fine' }],
    ['an object whose allow is "true"', { allow: 'true' }],
    ['an object whose allow is 1', { allow: 1 }],
    ['an object whose allow is null', { allow: null }],
    ['an object whose allow is an object', { allow: { allow: true } }],
    ['an object with a misspelt limit', { allow: true, max_ttl: 60 }],
    ['a limit of 0', { allow: true, max_ttl_seconds: 0 }],
    ['a negative limit', { allow: true, max_ttl_seconds: -1 }],
    ['a limit with a fraction', { allow: true, max_ttl_seconds: 1.5 }],
    ['a limit as text', { allow: true, max_ttl_seconds: '60' }],
    ['a limit of null', { allow: true, max_ttl_seconds: null }],
    ['a limit beyond exact integers', { allow: true, max_ttl_seconds: 2 ** 53 }],
    ['a limit of one and a very small part', { allow: true, max_ttl_seconds: 1.0000000000000002 }],
    ['a limit beyond numbers', { allow: true, max_ttl_seconds: Infinity }],
    ['a limit that is no number', { allow: true, max_ttl_seconds: NaN }],
    ['a limit of true', { allow: true, max_ttl_seconds: true }],
    ['a limit in a list', { allow: true, max_ttl_seconds: [60] }],
    ['a reason that is not text', { allow: true, reason: ['a'] }],
    ['a public reason that is text', { allow: false, reason: 'night', public_reason: 'night' }],
    ['a public reason of null', { allow: false, reason: 'night', public_reason: null }],
    ['obligations in a list', { allow: true, obligations: [{ redact_claims: true }] }],
    ['obligations as text', { allow: true, obligations: 'redact_claims' }],
    ['obligations of null', { allow: true, obligations: null }],
    ['an unknown obligation', { allow: true, obligations: { notify: 'ops' } }],
    [
      'an unknown obligation beside a known one',
      { allow: true, obligations: { redact_claims: true, notify: 1 } },
    ],
    ['an obligation with the name of a builtin', { allow: true, obligations: { constructor: true } }],
    ['an obligation in another case', { allow: true, obligations: { Redact_Claims: true } }],
    ['a redaction that is not a boolean', { allow: true, obligations: { redact_claims: 'yes' } }],
    ['an audience that is not text', { allow: true, obligations: { require_audience: ['reports'] } }],
    ['an empty audience', { allow: true, obligations: { require_audience: '' } }],
    ['a negative size', { allow: true, obligations: { max_plaintext_bytes: -1 } }],
    ['a size with a fraction', { allow: true, obligations: { max_plaintext_bytes: 0.5 } }],
    ['a size as text', { allow: true, obligations: { max_plaintext_bytes: '10' } }],
    ['a size beyond exact integers', { allow: true, obligations: { max_plaintext_bytes: 2 ** 53 } }],
  ])('denies and reports %s', (_, value) => {
    expect(verdict(value)).toEqual({ allowed: false, fault: expect.any(String) });
  });

  it.each<[string, unknown, object]>([
    ['false', false, { allowed: false }],
    ['an object whose allow is false', { allow: false }, { allowed: false }],
    ['a refusal with a reason', { allow: false, reason: 'night' }, { allowed: false, reason: 'night' }],
  ])('takes %s as the policy’s own no, without a fault', (_, value, expected) => {
    expect(verdict(value)).toEqual(expected);
  });

  it.each<[string, unknown, object]>([
    ['true', true, { allowed: true }],
    ['an object whose allow is true', { allow: true }, { allowed: true }],
    ['a limit', { allow: true, max_ttl_seconds: 1 }, { allowed: true, maxTtlSeconds: 1 }],
    [
      'the largest limit',
      { allow: true, max_ttl_seconds: 2 ** 53 - 1 },
      { allowed: true, maxTtlSeconds: 2 ** 53 - 1 },
    ],
    ['a reason', { allow: true, reason: '' }, { allowed: true, reason: '' }],
    ['no obligations', { allow: true, obligations: {} }, { allowed: true, obligations: {} }],
    [
      'every obligation at once',
      {
        allow: true,
        obligations: { redact_claims: true, max_plaintext_bytes: 0, require_audience: 'reports' },
      },
      {
        allowed: true,
        obligations: { redactClaims: true, maxPlaintextBytes: 0, requireAudience: 'reports' },
      },
    ],
  ])('allows %s', (_, value, expected) => {
    expect(verdict(value)).toEqual(expected);
  });
});

describe('an obligation that the action cannot meet', () => {
  it.each([
    ['require_audience', 'reports', ['rotate_keys']],
    ['max_plaintext_bytes', 10, ['issue_token', 'rotate_keys']],
    ['redact_claims', true, ['issue_token', 'encrypt', 'rewrap', 'data_key', 'rotate_keys']],
  ] as const)('denies: %s', (name, value, without) => {
    const actions = ['issue_token', 'encrypt', 'decrypt', 'rewrap', 'data_key', 'rotate_keys'] as const;
    const denying = actions.filter(
      (action) => !verdict({ allow: true, obligations: { [name]: value } }, action).allowed,
    );
    expect(denying).toEqual(without);
  });
});

describe('a reason', () => {
  const refusal = (reason: string, public_reason: unknown = true) =>
    verdict({ allow: false, reason, public_reason });

  it.each(['Nur werktags.', 'a'.repeat(200), '日本語 🔑 (50 %)', '😀'.repeat(200)])(
    'is for the caller where the policy says so: %p',
    (reason) => {
      expect(refusal(reason)).toEqual({ allowed: false, reason, publicReason: reason });
    },
  );

  it.each([
    ['a line break', 'a\nb'],
    ['a NUL', 'a\0b'],
    ['an escape', '\u001b[31mred'],
    ['a turn of direction', 'a\u202eb'],
    ['a space of no width', 'a\u200bb'],
    ['a line separator', 'a\u2028b'],
    ['201 characters', 'a'.repeat(201)],
    ['no characters', ''],
  ])('with %s is for the log alone', (_name, reason) => {
    expect(refusal(reason)).toEqual({ allowed: false, reason });
  });

  it('is for the log alone where the policy does not say that it is public', () => {
    expect(refusal('night', false)).toEqual({ allowed: false, reason: 'night' });
    expect(verdict({ allow: false, reason: 'night' })).toEqual({ allowed: false, reason: 'night' });
  });

  it('of a yes is not for the caller, and neither is one that is not there', () => {
    expect(verdict({ allow: true, reason: 'day', public_reason: true })).toEqual({
      allowed: true,
      reason: 'day',
    });
    expect(verdict({ allow: false, public_reason: true })).toEqual({ allowed: false });
  });

  it('takes no more of the log than 1,000 characters, and ends as text', () => {
    expect(reasonForLog('x'.repeat(1000))).toBe('x'.repeat(1000));
    expect(reasonForLog('x'.repeat(1001))).toBe(`${'x'.repeat(1000)}…`);
    expect(reasonForLog(`${'x'.repeat(999)}😀`).isWellFormed()).toBe(true);
  });
});
