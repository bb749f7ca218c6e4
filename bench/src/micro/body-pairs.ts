import { parseBody } from '../../../dist/access/index.js';
import { DecryptBody, EncryptBody } from '../../../dist/envelope/index.js';
import { parseStrictJson } from '../../../dist/strict-json.js';
import { IssueTokenBody } from '../../../dist/tokens/index.js';
import type { Pair } from './pair.js';
import type { Services } from './services.js';
import { GRANT } from './token-pairs.js';

/** The floor of both is JSON.parse, which every server must do before it can look at a body. */
export async function bodyPairs({ kkp }: Services): Promise<Pair[]> {
  const encrypt = {
    backend: 'aws',
    key_id: 'alias/orders',
    plaintext: 'KKP '.repeat(64),
    associated_data: 'invoice 4711',
  };
  const [{ token }, { envelope }] = await Promise.all([kkp.issueToken(GRANT), kkp.encrypt(encrypt)]);
  const decrypt = { token, envelope, expected_audience: GRANT.audience, context: GRANT.policy_claims };
  const bodies = [
    ['token', IssueTokenBody, GRANT],
    ['encrypt', EncryptBody, encrypt],
    ['decrypt', DecryptBody, decrypt],
  ] as const;
  return bodies.flatMap(([name, type, body]) => {
    const text = JSON.stringify(body);
    const bytes = Buffer.from(text);
    const parsed: unknown = JSON.parse(text);
    const floor = { floor: 'JSON.parse', runFloor: (): unknown => JSON.parse(text) };
    return [
      { name: `body: strict JSON, ${name}`, run: () => parseStrictJson(bytes), ...floor },
      { name: `body: check members, ${name}`, run: () => parseBody<object>(type, parsed), ...floor },
    ];
  });
}
