import { claims, JTI, NOW, startRevocations } from './fixtures.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };

describe('a revocation', () => {
  it.each<
    [string, Parameters<Awaited<ReturnType<typeof startRevocations>>['revocations']['revoke']>[0], number]
  >([
    ['of a jti', { jti: JTI }, NOW + 960],
    ['of a subject', { subject: 'svc-billing', issued_until: NOW }, NOW + 960],
    ['of a key', { ...KEY, issued_until: NOW }, NOW + 960],
    ['of all before now', { before: NOW + 1 }, NOW + 961],
    ['of all before long ago', { before: 5 }, NOW + 960],
    ['of a signing key', { kid: 'k' }, NOW + 2760],
  ])('%s is needed until no token that it covers can be alive', async (_name, rule, end) => {
    const { revocations, clock } = await startRevocations();
    expect(await revocations.revoke(rule)).toEqual({ ...rule, expires_at: end });
    clock.advance(end - NOW);
    expect(revocations.current().rules).toHaveLength(1);
    clock.advance(1);
    expect(revocations.current().rules).toEqual([]);
  });

  it.each<[string, object]>([
    ['its subject', {}],
    ['an actor', { sub: 'user', act: { sub: 'svc-billing' } }],
    ['an actor behind another', { sub: 'user', act: { sub: 'x', act: { sub: 'svc-billing' } } }],
    ['an earlier time', { iat: NOW - 1 }],
  ])('of a subject refuses a token with %s', async (_name, changes) => {
    const { revocations, isRefused } = await startRevocations();
    await revocations.revoke({ subject: 'svc-billing', issued_until: NOW });
    expect(isRefused(claims(changes))).toBe(true);
  });

  it.each<[string, object]>([
    ['of a later second', { iat: NOW + 1 }],
    ['of another subject', { sub: 'svc' }],
    ['whose actor is another', { sub: 'user', act: { sub: 'svc' } }],
    ['whose actor has no name', { sub: 'user', act: { act: {} } }],
    ['whose actor is a text', { sub: 'user', act: 'svc-billing' }],
    ['that only mentions it', { sub: 'user', policy_claims: { sub: 'svc-billing' } }],
  ])('of a subject leaves a token alone %s', async (_name, changes) => {
    const { revocations, isRefused } = await startRevocations();
    await revocations.revoke({ subject: 'svc-billing', issued_until: NOW });
    expect(isRefused(claims(changes))).toBe(false);
  });

  it.each([
    ['a:b', 'c', 'a', 'b:c'],
    ['a', 'b:c', 'a:b', 'c'],
    ['ab', 'c', 'a', 'bc'],
    ['1', '1:1', '1:1', '1'],
  ])('of the key %s %s leaves those of %s %s alone', async (backend, key_id, otherBackend, otherKey) => {
    const { revocations, isRefused } = await startRevocations();
    await revocations.revoke({ backend, key_id, issued_until: NOW });
    expect(isRefused(claims({ backend, key_id }))).toBe(true);
    expect(isRefused(claims({ backend: otherBackend, key_id: otherKey }))).toBe(false);
  });

  it('that comes again later reaches further, and one that comes late takes nothing back', async () => {
    const { revocations, isRefused, clock } = await startRevocations();
    await revocations.revoke({ subject: 'svc-billing', issued_until: NOW });
    clock.advance(10);
    await revocations.revoke({ subject: 'svc-billing', issued_until: NOW + 10 });
    expect(await revocations.revoke({ subject: 'svc-billing', issued_until: NOW + 5 })).toMatchObject({
      issued_until: NOW + 10,
    });
    expect(isRefused(claims({ iat: NOW + 10 }))).toBe(true);
    await revocations.revoke({ before: NOW + 20 });
    expect(await revocations.revoke({ before: NOW })).toMatchObject({ before: NOW + 20 });
    expect(revocations.current().rules).toHaveLength(2);
  });

  it('holds before it is stored', async () => {
    const { revocations, isRefused, store } = await startRevocations();
    let stored = (): void => undefined;
    store.put = () => new Promise((resolve) => (stored = resolve));
    const answer = revocations.revoke({ jti: JTI });
    expect(isRefused(claims())).toBe(true);
    stored();
    await answer;
  });

  it('that cannot be stored is told so, and holds', async () => {
    const { revocations, isRefused, store } = await startRevocations();
    store.failure = new Error('disk full');
    await expect(revocations.revoke({ jti: JTI })).rejects.toMatchObject({ code: 'unavailable' });
    expect(isRefused(claims())).toBe(true);
    store.failure = undefined;
    await revocations.revoke({ jti: JTI });
    expect(await store.records('revocation')).toHaveLength(1);
  });

  it('of a signing key refuses the key even when it cannot leave the ring', async () => {
    const { revocations, ring } = await startRevocations();
    ring.expel = () => Promise.reject(new Error('the ring is not to be written'));
    await expect(revocations.revoke({ kid: 'k' })).rejects.toMatchObject({ code: 'unavailable' });
    expect([revocations.isRevokedKey('k'), revocations.isRevokedKey('K')]).toEqual([true, false]);
  });

  it('of a signing key takes it out of the ring, and that of anything else does not', async () => {
    const { revocations, expelled } = await startRevocations();
    await revocations.revoke({ jti: JTI });
    await revocations.revoke({ subject: 'k', issued_until: NOW });
    expect(expelled).toEqual([]);
    await revocations.revoke({ kid: 'k' });
    expect(expelled).toEqual(['k']);
  });

  it('changes the mark of what holds', async () => {
    const { revocations } = await startRevocations();
    const { revision } = revocations.current();
    await revocations.revoke({ jti: JTI });
    expect(revocations.current().revision).not.toBe(revision);
  });

  it('beyond the bound is refused and holds not', async () => {
    const { revocations, isRefused, store } = await startRevocations({ maxRules: 1 });
    await revocations.revoke({ subject: 'x', issued_until: NOW });
    await expect(revocations.revoke({ subject: claims().sub, issued_until: NOW })).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 961,
    });
    expect(isRefused(claims())).toBe(false);
    expect(await store.records('revocation')).toHaveLength(1);
    await expect(revocations.revoke({ subject: 'x', issued_until: NOW + 1 })).resolves.toBeDefined();
  });

  it('of single tokens takes no room from one of many, nor the other way round', async () => {
    const { revocations } = await startRevocations({ maxRules: 1 });
    await revocations.revoke({ jti: JTI });
    await expect(revocations.revoke({ jti: JTI.replace(/^./, 'f') })).rejects.toMatchObject({
      code: 'rate_limited',
    });
    await expect(revocations.revoke({ kid: 'k' })).resolves.toBeDefined();
  });

  it('of a token whose end is known needs room until that end', async () => {
    const { revocations, clock } = await startRevocations({ maxRules: 1 });
    expect(await revocations.revoke({ jti: JTI }, NOW + 1)).toEqual({ jti: JTI, expires_at: NOW + 61 });
    clock.advance(62);
    await expect(revocations.revoke({ jti: JTI.replace(/^./, 'f') })).resolves.toBeDefined();
  });

  it('is stored by the second try when the first could not', async () => {
    const { revocations, store } = await startRevocations();
    store.failure = new Error('the disk is full');
    await expect(revocations.revoke({ jti: JTI }, NOW + 1)).rejects.toMatchObject({ code: 'unavailable' });
    store.failure = undefined;
    await revocations.revoke({ jti: JTI }, NOW + 1);
    expect(await store.records('revocation')).toHaveLength(1);
  });

  it('has room again once an earlier one is past', async () => {
    const { revocations, clock } = await startRevocations({ maxRules: 1 });
    await revocations.revoke({ jti: 'other' });
    clock.advance(960);
    await expect(revocations.revoke({ jti: JTI })).rejects.toMatchObject({ retryAfterSeconds: 1 });
    clock.advance(1);
    await expect(revocations.revoke({ jti: JTI })).resolves.toMatchObject({ jti: JTI });
  });
});

describe('revocations that start again from the store', () => {
  it('hold, each with its end', async () => {
    const before = await startRevocations();
    await before.revocations.revoke({ jti: JTI });
    await before.revocations.revoke({ ...KEY, issued_until: NOW });
    await before.revocations.revoke({ before: NOW });
    const after = await startRevocations({}, before.store);
    const byText = (one: object) => JSON.stringify(one);
    expect(after.revocations.current().rules.map(byText).sort()).toEqual(
      before.revocations.current().rules.map(byText).sort(),
    );
    expect(after.isRefused(claims({ backend: 'gcp' }))).toBe(true);
    expect(after.isRefused(claims({ jti: 'other' }))).toBe(true);
  });

  it('take a revoked key out of the ring, for the process may have ended before it could', async () => {
    const before = await startRevocations();
    await before.revocations.revoke({ kid: 'k' });
    expect((await startRevocations({}, before.store)).expelled).toEqual(['k']);
  });

  it('have in the store what reaches furthest', async () => {
    const before = await startRevocations();
    await before.revocations.revoke({ before: NOW + 60 });
    await before.revocations.revoke({ before: NOW });
    const { revocations } = await startRevocations({}, before.store);
    expect(revocations.current().rules).toEqual([{ before: NOW + 60, expires_at: NOW + 1020 }]);
  });

  it('hold what is past by the clock alone, which may be wrong, for a whole life more', async () => {
    const { store } = await startRevocations();
    const past = { kid: 'k', expires_at: NOW - 1 };
    await store.put('revocation', { id: 'kid:k', value: JSON.stringify(past), neededUntil: NOW - 1 });
    const { expelled, revocations } = await startRevocations({}, store);
    expect(expelled).toEqual(['k']);
    expect(revocations.isRevokedKey('k')).toBe(true);
  });

  it('forget in the store what is past', async () => {
    const { revocations, store, clock } = await startRevocations();
    await revocations.revoke({ jti: JTI });
    clock.advance(960);
    await revocations.revoke({ jti: 'other' });
    expect(await store.records('revocation')).toHaveLength(2);
    clock.advance(1);
    await revocations.revoke({ jti: 'other' });
    expect((await store.records('revocation')).map(({ id }) => id)).toEqual(['jti:other']);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"jti":"x"}',
    '{"jti":1,"expires_at":1}',
    '{"jti":"x","expires_at":"1"}',
    '{"jti":"x","expires_at":1.5}',
    '{"jti":"x","expires_at":1,"more":1}',
    '{"subject":"x","expires_at":1}',
    '{"before":"1","expires_at":1}',
    '{"backend":"x","issued_until":1,"expires_at":1}',
    '{"audience":"x","expires_at":1}',
  ])('do not start with what is no rule: %s', async (value) => {
    const { store } = await startRevocations();
    await store.put('revocation', { id: 'x', value, neededUntil: NOW });
    await expect(startRevocations({}, store)).rejects.toThrow();
  });
});
