import { ANONYMOUS, NOBODY, type Caller, type CallerAuthentication } from '../../../src/callers/index.js';
import { KkpError, type KkpErrorCode } from '../../../src/errors.js';
import { SubjectTokens } from '../../../src/oauth/index.js';
import { RefusedCredentials } from '../../../src/quotas/index.js';
import type { PresentedTokens } from '../../../src/tokens/index.js';

const KNOWN: Caller = { kind: 'jwt', id: 'svc', scopes: [], attributes: {} };
const address = '10.0.0.1';

/** At most two are refused a minute. Anything is good but a JWT named `bad` and a KKP token named `own bad`. */
function setUp(code: KkpErrorCode = 'unauthenticated') {
  const asked: string[] = [];
  const judge = (token: string): Promise<object> => {
    asked.push(token);
    return token.endsWith('bad') ? Promise.reject(new KkpError(code, 'No.')) : Promise.resolve({ token });
  };
  const presented = { verifySubject: judge } as unknown as PresentedTokens;
  const callers = { subjectOf: judge } as unknown as CallerAuthentication;
  const refusals = new RefusedCredentials(2, { now: () => 0 }, () => undefined);
  const isOwn = (token: string): boolean => token.startsWith('own');
  const subjects = new SubjectTokens(presented, callers, isOwn, refusals);
  const outcome = async (token: string, caller: Caller): Promise<string> => {
    try {
      return (await subjects.judge(token, { caller, address })).kind;
    } catch (error) {
      return (error as KkpError).code;
    }
  };
  return { outcome, asked };
}

describe('the JWT of an exchange', () => {
  it.each([NOBODY, ANONYMOUS])('counts as a credential when a stranger sends it: %j', async (caller) => {
    const { outcome, asked } = setUp();
    expect(await outcome('good', caller)).toBe('jwt');
    for (let at = 0; at < 2; at++) expect(await outcome('bad', caller)).toBe('invalid_grant');
    expect(await outcome('new', caller)).toBe('rate_limited');
    expect(await outcome('good', caller)).toBe('jwt');
    expect(asked).toEqual(['good', 'bad', 'bad', 'good']);
  });

  it('is the own matter of a caller who is known', async () => {
    const { outcome } = setUp();
    for (let at = 0; at < 5; at++) expect(await outcome('bad', KNOWN)).toBe('invalid_grant');
    expect(await outcome('new', NOBODY)).toBe('jwt');
  });
});

describe('the subject of an exchange', () => {
  it.each<[KkpErrorCode, string]>([
    ['unauthenticated', 'invalid_grant'],
    ['invalid_token', 'invalid_grant'],
    ['unproven_token', 'invalid_grant'],
    ['invalid_dpop_proof', 'invalid_dpop_proof'],
    ['rate_limited', 'rate_limited'],
    ['unavailable', 'unavailable'],
  ])('that is refused as %s is told to be %s', async (code, told) => {
    for (const token of ['bad', 'own bad']) expect(await setUp(code).outcome(token, KNOWN)).toBe(told);
  });

  it('is judged as what it is: a token of ours or a JWT', async () => {
    const { outcome } = setUp();
    expect(await outcome('own', KNOWN)).toBe('token');
    expect(await outcome('other', KNOWN)).toBe('jwt');
  });
});
