import { ANONYMOUS, NOBODY, type Caller } from '../../../src/callers/index.js';
import type { KkpError } from '../../../src/errors.js';
import type { PolicyInput } from '../../../src/policy/index.js';
import { MAX_SPENDERS, Quotas } from '../../../src/quotas/quotas.js';

const OFF = { requestsPerMinute: 0, tokensPerMinute: 0, decryptsPerMinute: 0 };
const billing: Caller = { kind: 'jwt', id: 'billing', scopes: [], attributes: {} };
const reports: Caller = { ...billing, id: 'reports' };

const asks = (action: string, caller: Caller = billing, sub = 'billing'): PolicyInput =>
  ({ action, claims: { sub }, request: { context: {} }, caller }) as unknown as PolicyInput;

function setUp(limits: Partial<typeof OFF>) {
  const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
  const refused: string[] = [];
  const quotas = new Quotas({ ...OFF, ...limits }, clock, (quota) => refused.push(quota));
  const spend = (action: string, caller = billing, sub?: string) =>
    quotas.meter({ caller, address: '10.0.0.1' }, asks(action, caller, sub)).spend();
  return { clock, refused, quotas, spend };
}

function refusal(
  ask: () => unknown,
): { code: string; seconds: number | undefined; detail: string } | undefined {
  try {
    ask();
    return undefined;
  } catch (error) {
    const { code, retryAfterSeconds, detail } = error as KkpError;
    return { code, seconds: retryAfterSeconds, detail };
  }
}

describe('quotas that are off', () => {
  it('admit all and leave the question of the policy as it is', () => {
    const { quotas } = setUp({});
    const input = asks('decrypt');
    for (let i = 0; i < 1000; i++) quotas.admit({ caller: billing });
    expect(quotas.meter({ caller: billing }, input).input).toBe(input);
  });
});

describe('a quota of requests', () => {
  it('refuses the first beyond it, says when to come back, and counts no refused one', () => {
    const { quotas, clock, refused } = setUp({ requestsPerMinute: 2 });
    quotas.admit({ caller: billing });
    clock.seconds += 10;
    quotas.admit({ caller: billing });
    for (let i = 0; i < 5; i++) {
      expect(refusal(() => quotas.admit({ caller: billing }))).toEqual({
        code: 'rate_limited',
        seconds: 50,
        detail: 'A caller may have 2 requests a minute.',
      });
    }
    expect(refused).toEqual(Array(5).fill('requests'));
    clock.seconds += 50;
    expect(refusal(() => quotas.admit({ caller: billing }))).toBeUndefined();
    expect(refusal(() => quotas.admit({ caller: billing }))?.seconds).toBe(10);
  });

  it('is each caller’s own', () => {
    const { quotas } = setUp({ requestsPerMinute: 1 });
    const callers = [
      { caller: billing },
      { caller: reports },
      { caller: ANONYMOUS, address: '10.0.0.1' },
      { caller: NOBODY, address: '10.0.0.2' },
    ];
    for (const caller of callers) expect(refusal(() => quotas.admit(caller))).toBeUndefined();
    for (const caller of callers) expect(refusal(() => quotas.admit(caller))?.code).toBe('rate_limited');
  });

  it('limits no tokens and no decryptions', () => {
    const { spend } = setUp({ requestsPerMinute: 1 });
    expect(
      refusal(() => ['issue_token', 'issue_token', 'decrypt', 'decrypt'].map((action) => spend(action))),
    ).toBe(undefined);
  });
});

describe.each([
  ['tokens', 'tokensPerMinute', ['issue_token'], ['decrypt', 'rewrap', 'encrypt', 'data_key', 'rotate_keys']],
  [
    'decrypts',
    'decryptsPerMinute',
    ['decrypt', 'rewrap'],
    ['issue_token', 'encrypt', 'data_key', 'rotate_keys'],
  ],
] as const)('a quota of %s', (quota, limit, counted, free) => {
  it.each(counted)('refuses %s beyond it', (action) => {
    const { spend, refused } = setUp({ [limit]: 2 });
    spend(counted[0]);
    spend(action);
    for (const next of counted) {
      expect(refusal(() => spend(next))).toEqual({
        code: 'rate_limited',
        seconds: 60,
        detail: `A caller may have 2 ${quota} a minute.`,
      });
    }
    expect(new Set(refused)).toEqual(new Set([quota]));
    expect(refusal(() => spend(action, reports))).toBeUndefined();
  });

  it.each(free)('never refuses %s', (action) => {
    const { spend } = setUp({ [limit]: 1 });
    spend(counted[0]);
    for (let i = 0; i < 5; i++) expect(refusal(() => spend(action))).toBeUndefined();
  });

  it('counts what was spent, not what was asked', () => {
    const { quotas, spend } = setUp({ [limit]: 1 });
    for (let i = 0; i < 5; i++) quotas.meter({ caller: billing }, asks(counted[0]));
    expect(refusal(() => spend(counted[0]))).toBeUndefined();
    expect(refusal(() => spend(counted[0]))?.code).toBe('rate_limited');
  });
});

describe('a token that comes alone', () => {
  it('counts for its subject, not for its network', () => {
    const { spend } = setUp({ decryptsPerMinute: 1 });
    spend('decrypt', NOBODY, 'billing');
    expect(refusal(() => spend('decrypt', NOBODY, 'billing'))?.code).toBe('rate_limited');
    expect(refusal(() => spend('decrypt', NOBODY, 'reports'))).toBeUndefined();
  });
});

describe('who decrypts with a credential and without', () => {
  const elsewhere: Caller = { ...billing, issuer: 'https://b.example' };

  it.each<[string, Caller, Caller]>([
    ['with it first', billing, NOBODY],
    ['without it first', NOBODY, billing],
  ])('has one count for its own tokens, %s', (_order, first, second) => {
    const { spend } = setUp({ decryptsPerMinute: 2 });
    spend('decrypt', first);
    spend('rewrap', second);
    for (const caller of [first, second])
      expect(refusal(() => spend('decrypt', caller))?.code).toBe('rate_limited');
  });

  it('has no second count for the tokens of others', () => {
    const { spend } = setUp({ decryptsPerMinute: 2 });
    spend('decrypt', billing, 'billing');
    spend('decrypt', billing, 'reports');
    for (const subject of ['billing', 'reports', 'other'])
      expect(refusal(() => spend('decrypt', billing, subject))?.code).toBe('rate_limited');
  });

  it('spends nothing of what a token of another subject may have alone', () => {
    const { spend } = setUp({ decryptsPerMinute: 1 });
    spend('decrypt', billing, 'reports');
    expect(refusal(() => spend('decrypt', NOBODY, 'reports'))).toBeUndefined();
  });

  it('has of its name what a token alone has, and of its issuer what is its own', () => {
    const { spend } = setUp({ decryptsPerMinute: 1 });
    spend('decrypt', elsewhere, 'reports');
    expect(refusal(() => spend('decrypt', billing, 'reports'))).toBeUndefined();
    expect(refusal(() => spend('decrypt', NOBODY, 'billing'))).toBeUndefined();
    spend('issue_token', elsewhere);
    expect(refusal(() => spend('decrypt', elsewhere, 'billing'))?.code).toBe('rate_limited');
  });

  it('spends nothing of either count when one is at its end', () => {
    const { spend, clock } = setUp({ decryptsPerMinute: 2 });
    spend('decrypt', NOBODY, 'billing');
    spend('decrypt', NOBODY, 'billing');
    expect(refusal(() => spend('decrypt', billing, 'billing'))?.seconds).toBe(60);
    for (const subject of ['a', 'b']) spend('decrypt', billing, subject);
    expect(refusal(() => spend('decrypt', billing, 'c'))?.code).toBe('rate_limited');
    clock.seconds += 60;
    expect(refusal(() => spend('decrypt', billing, 'billing'))).toBeUndefined();
  });

  it('is told to a policy by the greater count', () => {
    const { quotas, spend } = setUp({ requestsPerMinute: 100 });
    const decrypts = (subject: string) =>
      quotas.meter({ caller: billing }, asks('decrypt', billing, subject)).input.usage?.decrypts_last_minute;
    for (let i = 0; i < 3; i++) spend('decrypt', NOBODY, 'billing');
    spend('decrypt', billing, 'reports');
    expect([decrypts('billing'), decrypts('reports')]).toEqual([3, 1]);
    for (let i = 0; i < 5; i++) spend('decrypt', billing, 'reports');
    expect([decrypts('billing'), decrypts('reports')]).toEqual([6, 6]);
  });
});

describe('tokens that a caller asks for', () => {
  it('count for it, whatever their subject is, and not for those of its name elsewhere', () => {
    const { spend } = setUp({ tokensPerMinute: 2 });
    for (let i = 0; i < 2; i++) spend('issue_token', billing, 'billing');
    expect(refusal(() => spend('issue_token', billing, 'other'))?.code).toBe('rate_limited');
    const elsewhere = { ...billing, issuer: 'https://b.example' };
    expect(refusal(() => spend('issue_token', elsewhere, 'billing'))).toBeUndefined();
  });
});

describe('usage', () => {
  it('tells of the caller’s last minute, with all three numbers though one is limited', () => {
    const { quotas, spend, clock } = setUp({ tokensPerMinute: 100 });
    quotas.admit({ caller: billing });
    quotas.admit({ caller: billing });
    spend('issue_token');
    spend('decrypt');
    spend('rewrap');
    spend('encrypt');
    spend('issue_token', reports);
    const usage = () => quotas.meter({ caller: billing }, asks('issue_token')).input.usage;
    expect(usage()).toEqual({
      requests_last_minute: 2,
      tokens_issued_last_minute: 1,
      decrypts_last_minute: 2,
    });
    clock.seconds += 60;
    expect(usage()).toEqual({
      requests_last_minute: 0,
      tokens_issued_last_minute: 0,
      decrypts_last_minute: 0,
    });
  });

  it('of a token that came alone has its subject’s decryptions and its network’s requests', () => {
    const { quotas, spend } = setUp({ requestsPerMinute: 100 });
    quotas.admit({ caller: NOBODY, address: '10.0.0.1' });
    spend('decrypt', NOBODY, 'billing');
    const from = (address: string) =>
      quotas.meter({ caller: NOBODY, address }, asks('decrypt', NOBODY)).input.usage;
    expect(from('10.0.0.1')).toMatchObject({ requests_last_minute: 1, decrypts_last_minute: 1 });
    expect(from('10.0.0.2')).toMatchObject({ requests_last_minute: 0, decrypts_last_minute: 1 });
  });
});

describe('the counts that are held', () => {
  it('are bounded: the caller that was quiet longest is forgotten, a busy one is not', () => {
    const { quotas } = setUp({ requestsPerMinute: 1 });
    const named = (id: string): { caller: Caller } => ({ caller: { ...billing, id } });
    quotas.admit(named('quiet'));
    quotas.admit(named('busy'));
    for (let i = 0; i < MAX_SPENDERS; i++) {
      quotas.admit(named(`caller ${i}`));
      expect(refusal(() => quotas.admit(named('busy')))?.code).toBe('rate_limited');
    }
    expect(refusal(() => quotas.admit(named('quiet')))).toBeUndefined();
  });
});
