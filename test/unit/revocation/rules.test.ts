import { idOf, widest, type TimedRule } from '../../../src/revocation/rules.js';

const KEY = { backend: 'aws', key_id: 'k' };

describe('the widest of two rules about the same', () => {
  it('is the one rule where there is no other', () => {
    const rule = { jti: 'j', expires_at: 5 };
    expect(widest(rule, undefined)).toBe(rule);
  });

  it.each<[string, object]>([
    ['a token', { jti: 'j' }],
    ['a signing key', { kid: 'k' }],
  ])('of %s is needed as long as either', (_what, rule) => {
    const [short, long] = [5, 9].map((expires_at) => ({ ...rule, expires_at }) as TimedRule) as [
      TimedRule,
      TimedRule,
    ];
    expect(widest(short, long)).toEqual(long);
    expect(widest(long, short)).toEqual(long);
  });

  it.each<[string, object, 'issued_until' | 'before']>([
    ['a subject', { subject: 's' }, 'issued_until'],
    ['a key', KEY, 'issued_until'],
    ['all tokens', {}, 'before'],
  ])('of %s reaches as far as either, and is needed as long', (_what, rule, reach) => {
    const of = (until: number, expires_at: number) =>
      ({ ...rule, [reach]: until, expires_at }) as unknown as TimedRule;
    for (const [one, other] of [
      [of(1, 9), of(2, 8)],
      [of(2, 8), of(1, 9)],
      [of(2, 9), of(1, 8)],
      [of(1, 8), of(2, 9)],
    ] as const)
      expect(widest(one, other)).toEqual(of(2, 9));
  });
});

it('rules about different things have different ids', () => {
  const rules = [
    { jti: 'x' },
    { subject: 'x', issued_until: 1 },
    { kid: 'x' },
    { before: 1 },
    { backend: 'x', key_id: '', issued_until: 1 },
    { backend: '', key_id: 'x', issued_until: 1 },
    { backend: 'x', key_id: 'x', issued_until: 1 },
  ];
  expect(new Set(rules.map(idOf)).size).toBe(rules.length);
  expect(idOf({ subject: 'x', issued_until: 2 })).toBe(idOf({ subject: 'x', issued_until: 1 }));
});
