import { readResultSet } from '../../../src/policy/decision.js';

const verdict = (value: unknown) => readResultSet([{ result: value }]);

describe('the reading of a result set', () => {
  it('denies an empty one: undefined is how a policy without a default says no', () => {
    expect(readResultSet([])).toEqual({ allowed: false });
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
    expect(readResultSet(results)).toEqual({ allowed: false, fault: expect.any(String) });
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
    ['a reason that is not text', { allow: true, reason: ['a'] }],
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
      'reason and obligations',
      { allow: true, reason: '', obligations: [null] },
      { allowed: true, reason: '', obligations: [null] },
    ],
  ])('allows %s', (_, value, expected) => {
    expect(verdict(value)).toEqual(expected);
  });
});
