import { readFileSync } from 'node:fs';
import { TokenError, type TokenKeys, verifyToken } from '../../src/index.js';
import { now } from '../support/tokens.js';

const path = new URL('../../../../../test/vectors/wycheproof-jws.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: { jws: string }[] };

/** Has a key for every `kid`, and each finds every signature good: whatever is refused is refused for its form. */
const credulous: TokenKeys = { find: () => Promise.resolve(() => Promise.resolve(true)) };

it('Wycheproof’s 401 JWS cases are refused by their form, every signature taken for good', async () => {
  const counts: Record<string, number> = {};
  for (const { jws } of cases) {
    const reason = await verifyToken(jws, credulous, { now }).then(
      () => 'accepted',
      (error: unknown) => (error instanceof TokenError ? error.reason : String(error)),
    );
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  expect(counts).toEqual({ malformed: 55, unsupported_header: 346 });
});
