import * as fc from 'fast-check';
import { Revocations } from '../../../src/revocation/revocations.js';
import type { RevocationRule } from '../../../src/revocation/rules.js';
import { MemoryStore, SqliteStore, type Store } from '../../../src/store/index.js';
import { Places } from '../store/places.js';
import { claims, JTI, NOW, OPTIONS } from './fixtures.js';

const HOUR = 3600;
const [MAX_TTL, KEY_TTL] = [OPTIONS.maxTokenTtlSeconds, OPTIONS.keyTtlSeconds];
const places = new Places();
afterEach(() => places.clear());

/** Time as it passes, and a clock on the wall that somebody sets. Each process counts what has elapsed from its own start. */
class World {
  real = NOW;
  offset = 0;
  #startedAt = NOW;
  readonly clock = {
    now: () => (this.real + this.offset) * 1000,
    elapsed: () => (this.real - this.#startedAt) * 1000,
  };

  constructor(private readonly store: Store) {}

  async start(maxRules = OPTIONS.maxRules): Promise<Revocations> {
    this.#startedAt = this.real;
    const ring = { expel: () => Promise.resolve() };
    const revocations = new Revocations({ ...OPTIONS, maxRules }, this.store, ring, this.clock);
    await revocations.start();
    return revocations;
  }
}

const isRefused = (revocations: Revocations, token: ReturnType<typeof claims>): boolean => {
  try {
    revocations.check(token);
    return false;
  } catch {
    return true;
  }
};

describe.each<[string, () => Store]>([
  ['memory', () => new MemoryStore()],
  ['SQLite', () => new SqliteStore(places.directory())],
])('a rule in %s, while the clock jumps ahead and back', (_name, make) => {
  let store: Store;
  let world: World;
  beforeEach(async () => {
    store = make();
    await store.open();
    world = new World(store);
  });
  afterEach(() => store.close());

  const jump = async (by: number, meanwhile: () => Promise<unknown>): Promise<void> => {
    world.offset += by;
    await meanwhile();
    world.offset -= by;
  };

  it.each<[string, RevocationRule]>([
    ['a token', { jti: JTI }],
    ['a subject', { subject: 'svc-billing', issued_until: NOW }],
    ['a key', { backend: 'aws', key_id: 'alias/orders', issued_until: NOW }],
    ['all before', { before: NOW + 1 }],
  ])('about %s holds as long as such a token can be alive, over restarts', async (_what, rule) => {
    let revocations = await world.start();
    await revocations.revoke(rule);
    world.real += MAX_TTL - 10;
    const token = claims({ exp: NOW + MAX_TTL });
    await jump(HOUR, async () => {
      revocations.current();
      await revocations.revoke({ jti: 'other' });
    });
    expect(isRefused(revocations, token)).toBe(true);
    await jump(30 * HOUR, async () => {
      revocations = await world.start();
      revocations.current();
      await revocations.revoke({ jti: 'another' });
    });
    expect(isRefused(revocations, token)).toBe(true);
    expect(isRefused(await world.start(), token)).toBe(true);
  });

  it('about a signing key holds as long as such a token can be alive', async () => {
    const revocations = await world.start();
    await revocations.revoke({ kid: 'k' });
    world.real += KEY_TTL + MAX_TTL - 1;
    await jump(HOUR, () => revocations.revoke({ jti: JTI }));
    expect(revocations.isRevokedKey('k')).toBe(true);
    expect((await world.start()).isRevokedKey('k')).toBe(true);
  });

  it('about all before a time to come holds for verifiers whose clocks are behind, too', async () => {
    await (await world.start()).revoke({ before: NOW + 60 });
    const revocations = await world.start();
    await revocations.revoke({ before: NOW });
    world.real += MAX_TTL + 119;
    world.offset += HOUR;
    expect(revocations.current().rules).toHaveLength(1);
  });

  it('that was asked for while the clock was behind holds as long', async () => {
    const revocations = await world.start();
    await jump(-HOUR, () => revocations.revoke({ jti: JTI }));
    world.real += MAX_TTL - 1;
    await revocations.revoke({ jti: 'other' });
    expect(isRefused(revocations, claims())).toBe(true);
    expect(isRefused(await world.start(), claims())).toBe(true);
  });

  it('is forgotten at last, here and in the store', async () => {
    let revocations = await world.start();
    await revocations.revoke({ jti: JTI });
    await jump(HOUR, () => Promise.resolve(revocations.current()));
    world.real += MAX_TTL + 61;
    revocations = await world.start();
    await revocations.revoke({ jti: 'other' });
    expect(revocations.current().rules).toHaveLength(2);
    world.real += MAX_TTL + 121;
    expect(revocations.current().rules).toEqual([]);
    await revocations.revoke({ jti: 'last' });
    expect((await store.records('revocation')).map(({ id }) => id)).toEqual(['jti:last']);
  });

  it('that is only kept in case leaves room for new ones, up to as many again', async () => {
    let revocations = await world.start(2);
    await revocations.revoke({ jti: 'a' });
    await revocations.revoke({ jti: 'b' });
    world.real += 24 * HOUR;
    revocations = await world.start(2);
    await revocations.revoke({ jti: 'c' });
    await revocations.revoke({ jti: 'd' });
    await expect(revocations.revoke({ jti: 'e' })).rejects.toMatchObject({ code: 'rate_limited' });
    world.offset += HOUR;
    await expect(revocations.revoke({ jti: 'e' })).rejects.toMatchObject({ code: 'rate_limited' });
  });
});

describe('revocations over any jumps of the clock and restarts', () => {
  const steps = fc.array(
    fc.record({
      pass: fc.nat(400),
      jump: fc.constantFrom(0, 0, 0, 5, -5, HOUR, -HOUR, 48 * HOUR, -48 * HOUR),
      act: fc.constantFrom('issue', 'revoke', 'revoke', 'look', 'restart', 'other'),
      pick: fc.nat(20),
    }),
    { minLength: 5, maxLength: 60 },
  );

  it('refuse every revoked token that is alive by the right time', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const world = new World(new MemoryStore());
        let revocations = await world.start();
        const issued: ReturnType<typeof claims>[] = [];
        const revoked = new Set<string>();
        for (const [at, { pass, jump, act, pick }] of taken.entries()) {
          world.real += pass;
          const chosen = issued.at(pick % Math.max(1, issued.length));
          if (act === 'issue') {
            issued.push(claims({ jti: `t${at}`, iat: world.real, exp: world.real + MAX_TTL }));
          }
          world.offset = jump;
          if (act === 'revoke' && chosen) {
            await revocations.revoke({ jti: chosen.jti });
            revoked.add(chosen.jti);
          }
          if (act === 'restart') revocations = await world.start();
          if (act === 'look') revocations.current();
          if (act === 'other') await revocations.revoke({ jti: `other${at % 3}` });
          world.offset = 0;
          for (const token of issued.filter(({ jti, exp }) => revoked.has(jti) && world.real < exp)) {
            refused += 1;
            expect(isRefused(revocations, token)).toBe(true);
          }
        }
      }),
      { seed: 8, numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(1000);
  });
});
