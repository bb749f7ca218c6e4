import { partitionOf } from '../../../src/envelope/partition.js';
import { ANONYMOUS, NOBODY, type Caller } from '../../../src/callers/index.js';

describe('the partition of a call', () => {
  it('is the same for the same caller and subject', () => {
    expect(partitionOf({ ...ANONYMOUS })).toBe(partitionOf(ANONYMOUS));
    expect(partitionOf(ANONYMOUS, 'billing')).toBe(partitionOf(ANONYMOUS, 'billing'));
  });

  it.each<[string, Caller, string | undefined]>([
    ['another subject', ANONYMOUS, 'reports'],
    ['no subject', ANONYMOUS, undefined],
    ['a subject that spells the caller out', ANONYMOUS, '"},"billing"'],
    ['a caller who only shows a token', NOBODY, 'billing'],
    ['an authenticated caller', { kind: 'jwt', id: 'a', scopes: [], attributes: {} }, 'billing'],
  ])('is another for %s', (_what, caller, subject) => {
    expect(partitionOf(caller, subject)).not.toBe(partitionOf(ANONYMOUS, 'billing'));
  });
});
