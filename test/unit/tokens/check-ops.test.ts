import { NOBODY } from '../../../src/callers/index.js';
import { checkOps, TOKEN_USES, type TokenUse } from '../../../src/tokens/index.js';
import { CLAIMS } from './fixtures.js';

const asker = { caller: NOBODY };
const isAllowed = (ops: readonly TokenUse[] | undefined, use: TokenUse): boolean => {
  try {
    checkOps(ops ? { ...CLAIMS, ops } : CLAIMS, asker, use, '');
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'policy_denied', detail: 'The token is for other operations.' });
    return false;
  }
};

describe('the operations of a token', () => {
  it.each(TOKEN_USES)('are %s alone when that is all that it names', (named) => {
    expect(TOKEN_USES.filter((use) => isAllowed([named], use))).toEqual([named]);
  });

  it.each(TOKEN_USES)('are all but %s when it names all others', (missing) => {
    const ops = TOKEN_USES.filter((use) => use !== missing);
    expect(TOKEN_USES.filter((use) => !isAllowed(ops, use))).toEqual([missing]);
  });

  it('are to decrypt and to rewrap when it names none: nothing that makes new envelopes', () => {
    expect(TOKEN_USES.filter((use) => isAllowed(undefined, use))).toEqual(['decrypt', 'rewrap']);
  });
});
