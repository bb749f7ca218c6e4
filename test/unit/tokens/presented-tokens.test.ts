import { ANONYMOUS, NOBODY, type Caller } from '../../../src/callers/index.js';
import { KkpError } from '../../../src/errors.js';
import { PresentedTokens, type TokenCheck } from '../../../src/tokens/index.js';
import { startTokens } from './fixtures.js';

const KNOWN: Caller = { kind: 'jwt', id: 'svc', scopes: [], attributes: {} };

describe('the token that a request shows', () => {
  let token: string;
  let looks: unknown[][];
  let tokens: PresentedTokens;
  let refusing: number | undefined;
  beforeEach(async () => {
    const { verifier, issue } = await startTokens();
    ({ token } = await issue());
    looks = [];
    refusing = undefined;
    const look =
      (at: number): TokenCheck =>
      (...args) => {
        looks.push([at, ...args]);
        if (at === refusing) throw new KkpError('policy_denied', 'No.');
      };
    tokens = new PresentedTokens(verifier, [look(0), look(1)]);
  });

  it.each(['body', 'header'])('is verified from the %s, and judged by every check for its use', (place) => {
    const asker = { caller: NOBODY, ...(place === 'header' && { token }) };
    const claims = tokens.verify(place === 'body' ? token : undefined, asker, 'rewrap');
    expect(claims).toMatchObject({ sub: 'svc-billing' });
    expect(looks).toEqual([0, 1].map((at) => [at, claims, asker, 'rewrap', token]));
  });

  it.each([0, 1])('is refused by any of its checks: %s', (at) => {
    refusing = at;
    for (const method of ['verify', 'verifyUnlessKnown', 'require'] as const)
      expect(() => tokens[method](token, { caller: KNOWN }, 'encrypt')).toThrow('No.');
  });

  it('may be there once, even when both are the same', () => {
    for (const other of [token, 'x', '']) {
      const verifying = () => tokens.verify(other, { caller: KNOWN, token }, 'decrypt');
      expect(verifying).toThrow(expect.objectContaining({ code: 'invalid_request' }) as Error);
    }
    expect(looks).toEqual([]);
  });

  it.each(['', 'x', 'a.b.c'])('is not good, and not absent, when it is %j', (bad) => {
    for (const method of ['verify', 'verifyUnlessKnown', 'require'] as const) {
      for (const shown of [
        [bad, { caller: KNOWN }],
        [undefined, { caller: KNOWN, token: bad }],
      ] as const)
        expect(() => tokens[method](...shown, 'encrypt')).toThrow(
          expect.objectContaining({ code: 'invalid_token' }) as Error,
        );
    }
    expect(looks).toEqual([]);
  });

  it.each<[string, Caller, unknown, string]>([
    ['nobody', NOBODY, 'unauthenticated', 'unauthenticated'],
    ['an authenticated caller', KNOWN, undefined, 'invalid_request'],
    ['an anonymous caller', ANONYMOUS, undefined, 'invalid_request'],
  ])('may be absent for %s only where it is not required', (_who, caller, unlessKnown, required) => {
    const codeOf = (verify: () => unknown): unknown => {
      try {
        return verify();
      } catch (error) {
        return (error as KkpError).code;
      }
    };
    expect(codeOf(() => tokens.verify(undefined, { caller }, 'encrypt'))).toBeUndefined();
    expect(codeOf(() => tokens.verifyUnlessKnown(undefined, { caller }, 'encrypt'))).toBe(unlessKnown);
    expect(codeOf(() => tokens.require(undefined, { caller }, 'encrypt'))).toBe(required);
    expect(looks).toEqual([]);
  });

  it('stands in for a caller', () => {
    for (const method of ['verifyUnlessKnown', 'require'] as const) {
      expect(tokens[method](token, { caller: NOBODY }, 'data_key')).toMatchObject({ key_id: 'alias/orders' });
    }
    expect(looks.map(([, , , use]) => use)).toEqual(Array(4).fill('data_key'));
  });
});
