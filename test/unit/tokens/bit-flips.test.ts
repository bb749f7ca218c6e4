import type { TokenVerifier } from '../../../src/tokens/index.js';
import { startTokens } from './fixtures.js';

/** Every text that differs from this one in one bit. */
function* textFlips(token: string): Generator<string> {
  for (const flipped of byteFlips(Buffer.from(token, 'latin1'))) yield flipped.toString('latin1');
}

/** Every token whose header, payload or signature, decoded, differs in one bit, spelled as it should be. */
function* decodedFlips(token: string): Generator<string> {
  const segments = token.split('.');
  for (const [at, segment] of segments.entries()) {
    for (const flipped of byteFlips(Buffer.from(segment, 'base64url')))
      yield segments.with(at, flipped.toString('base64url')).join('.');
  }
}

function* byteFlips(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield flipped;
  }
}

/** Tokens of all lengths and of two keys, each of which is good. */
async function ownTokens(): Promise<{ tokens: string[]; verifier: TokenVerifier }> {
  const { issue, keys, verifier } = await startTokens();
  const tokens: string[] = [];
  for (let count = 0; count < 20; count += 1) {
    if (count === 10) await keys.rotate('operator');
    const { token } = await issue({ subject: `svc-${'x'.repeat(count)}`, policy_claims: { count } });
    tokens.push(token);
  }
  return { tokens, verifier };
}

const isAccepted = (verifier: TokenVerifier, token: string): boolean => {
  try {
    verifier.verify(token);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'invalid_token') throw error;
    return false;
  }
};

describe('tokens that the server has signed', () => {
  it('are refused in each of over 100,000 ways to flip one bit, of their text or of what it says', async () => {
    const { tokens, verifier } = await ownTokens();
    let samples = 0;
    const accepted: string[] = [];
    for (const token of tokens) {
      const others = new Set([...textFlips(token), ...decodedFlips(token)]);
      expect(others.has(token)).toBe(false);
      for (const other of others) if (isAccepted(verifier, other)) accepted.push(other);
      samples += others.size;
    }
    expect(accepted).toEqual([]);
    expect(samples).toBeGreaterThanOrEqual(100_000);
    expect(tokens.filter((token) => isAccepted(verifier, token))).toEqual(tokens);
  });
});
