import { Revocations } from '../../../src/revocation/revocations.js';
import { MemoryStore } from '../../../src/store/index.js';
import type { TokenClaims } from '../../../src/tokens/index.js';
import { START, TestClock } from '../keys/fixtures.js';

export const NOW = START;
export const OPTIONS = { maxTokenTtlSeconds: 900, keyTtlSeconds: 1800, skewSeconds: 60, maxRules: 100 };
export const JTI = '0b6d2a52-66a5-4d0c-9d56-3e3a3f0c5c8b';

export const claims = (changes: object = {}): TokenClaims => ({
  sub: 'svc-billing',
  aud: 'reports',
  backend: 'aws',
  key_id: 'alias/orders',
  policy_claims: {},
  exp: NOW + 300,
  iat: NOW,
  jti: JTI,
  ...changes,
});

/** A store that can be made to fail. */
export class FailingStore extends MemoryStore {
  failure: Error | undefined;

  override put(...record: Parameters<MemoryStore['put']>): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : super.put(...record);
  }
}

/** Revocations that have started, with what they lean on. `expelled` lists the keys that had to leave the ring. */
export async function startRevocations(options: Partial<typeof OPTIONS> = {}, store = new FailingStore()) {
  const clock = new TestClock();
  const expelled: string[] = [];
  const ring = { expel: (kid: string) => Promise.resolve(void expelled.push(kid)) };
  const revocations = new Revocations({ ...OPTIONS, ...options }, store, ring, clock);
  await revocations.start();
  const isRefused = (token: TokenClaims): boolean => {
    try {
      revocations.check(token);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_token', detail: 'The token has been revoked.' });
      return true;
    }
  };
  return { revocations, store, clock, ring, expelled, isRefused };
}
