import { PLAINTEXT, refusal, until } from './support/connection.js';
import { useFakeToken } from './support/using.js';

const fake = useFakeToken();
const named = (lines: readonly string[], call: string) =>
  lines.filter((line) => /^\d+ (\w+)$/.exec(line)?.[1] === call).length;

/** Waits until the module was asked so often, and gives back everything that it was asked. */
async function asked(call: string, count: number): Promise<string[]> {
  const lines: string[] = [];
  await until(`${count} times ${call}`, () => {
    lines.push(...fake.token.calls());
    return named(lines, call) >= count;
  });
  return lines;
}

describe('sessions', () => {
  it('are as many as the option says, one operation on each at a time, the others waiting', async () => {
    const connection = await fake.open({ sessions: 2 });
    const release = fake.token.fault('C_Encrypt', { hang: true });
    const calls = Array.from({ length: 5 }, () => connection.wrap());
    await asked('C_Encrypt', 2);
    expect(
      await connection.health(connection.call({ signal: AbortSignal.timeout(50) })).catch(() => 'waited'),
    ).toBe('waited');
    expect(named(fake.token.calls(), 'C_Encrypt')).toBe(0);
    release();
    expect(await Promise.all(calls)).toHaveLength(5);
  });

  it('that are all in use with a full queue make a call throttled, and the backend degraded', async () => {
    const connection = await fake.open({ sessions: 1, queue: 2 });
    const release = fake.token.fault('C_Encrypt', { hang: true });
    const calls = Array.from({ length: 3 }, () => connection.wrap());
    expect(await refusal(connection.wrap())).toMatchObject({ code: 'throttled', side: 'proxy' });
    expect(await connection.health()).toMatchObject({ status: 'degraded', detail: 'throttled' });
    release();
    expect(await Promise.all(calls)).toHaveLength(3);
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
  });

  it('need no queue as long as one is free', async () => {
    const connection = await fake.open({ sessions: 2, queue: 0 });
    const release = fake.token.fault('C_Encrypt', { hang: true });
    const calls = [connection.wrap(), connection.wrap()];
    expect(await refusal(connection.wrap())).toMatchObject({ code: 'throttled' });
    release();
    await Promise.all(calls);
  });

  it('do not get a call that was aborted while it waited', async () => {
    const connection = await fake.open({ sessions: 1 });
    const release = fake.token.fault('C_Encrypt', { hang: true });
    const first = connection.wrap();
    await asked('C_Encrypt', 1);
    const abort = new AbortController();
    const second = refusal(connection.wrap('orders', { call: connection.call({ signal: abort.signal }) }));
    abort.abort();
    expect(await second).toMatchObject({ code: 'unavailable' });
    release();
    await first;
    await connection.health();
    expect(named(fake.token.calls(), 'C_EncryptInit')).toBe(0);
  });

  it('of which the token has fewer are used as far as they go', async () => {
    fake.token.change((_state, token) => (token.sessions = 4));
    const connection = await fake.open({ sessions: 8 });
    expect(connection.ready[0]?.fields).toMatchObject({ sessions: 3 });
    const release = fake.token.fault('C_Encrypt', { hang: true });
    const calls = Array.from({ length: 6 }, () => connection.wrap());
    await asked('C_Encrypt', 3);
    expect(named(fake.token.calls(), 'C_Encrypt')).toBe(0);
    release();
    await Promise.all(calls);
  });

  it.each([0, 1])('of which the token has no more than %i make the open throttled', async (sessions) => {
    fake.token.change((_state, token) => (token.sessions = sessions));
    const connection = fake.connect();
    expect(await refusal(connection.backend.open(connection.call()))).toMatchObject({
      code: 'throttled',
      providerCode: 'CKR_SESSION_COUNT at C_OpenSession',
    });
  });

  it.each([
    ['C_Encrypt', 'DEVICE_ERROR'],
    ['C_EncryptInit', 'OPERATION_ACTIVE'],
    ['C_FindObjects', 'FUNCTION_FAILED'],
  ])('are replaced after a failed %s, without a new login', async (call, rv) => {
    const connection = await fake.open({ sessions: 1 });
    fake.token.fault(call, { rv, once: true });
    expect(await refusal(connection.wrap())).toMatchObject({
      code: 'unavailable',
      providerCode: `CKR_${rv} at ${call}`,
    });
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
    const lines = fake.token.calls();
    expect([named(lines, 'C_CloseSession'), named(lines, 'C_OpenSession'), named(lines, 'C_Login')]).toEqual([
      1, 1, 0,
    ]);
  });

  it('are kept after a ciphertext that does not open', async () => {
    const connection = await fake.open({ sessions: 1 });
    const wrapped = await connection.wrap();
    fake.token.calls();
    const blob = Uint8Array.from(wrapped.blob).fill(0, -1);
    expect(await refusal(connection.unwrap({ ...wrapped, blob }))).toMatchObject({
      code: 'invalid-ciphertext',
    });
    expect(named(fake.token.calls(), 'C_CloseSession')).toBe(0);
  });
});

describe('a lost login', () => {
  it.each([
    ['sessions that became invalid', 'lostSessionsOf'],
    ['a logout, which hides private keys', 'lostLoginOf'],
  ] as const)('by %s is mended by one new login, unseen by the calls', async (_what, loss) => {
    const connection = await fake.open();
    const wrapped = await connection.wrap();
    fake.token.calls();
    fake.token.change((state) => (state[loss] = connection.pid));
    const opened = await Promise.all(Array.from({ length: 20 }, () => connection.unwrap(wrapped)));
    expect(opened.map(({ plaintext }) => plaintext)).toEqual(opened.map(() => PLAINTEXT));
    expect(named(fake.token.calls(), 'C_Login')).toBe(1);
    expect(connection.ready).toHaveLength(2);
  });

  it.each([
    ['SESSION_HANDLE_INVALID', 'unavailable', 'provider'],
    ['SESSION_CLOSED', 'unavailable', 'provider'],
    ['DEVICE_REMOVED', 'unavailable', 'proxy'],
    ['TOKEN_NOT_PRESENT', 'unavailable', 'proxy'],
    ['USER_NOT_LOGGED_IN', 'access-denied', 'proxy'],
  ])('that a new one does not mend is told after one more try: %s', async (rv, code, side) => {
    const connection = await fake.open({ sessions: 1 });
    fake.token.fault('C_FindObjectsInit', { rv });
    expect(await refusal(connection.wrap())).toMatchObject({
      code,
      side,
      providerCode: `CKR_${rv} at C_FindObjectsInit`,
    });
    expect(named(fake.token.calls(), 'C_FindObjectsInit')).toBe(2);
  });

  it('does not make a missing key out of a hidden one for describe and health', async () => {
    const connection = await fake.open();
    fake.token.change((state) => (state.lostLoginOf = connection.pid));
    expect(await connection.health()).toMatchObject({ status: 'up' });
    fake.token.change((state) => (state.lostLoginOf = connection.pid));
    connection.time.advance(60_000);
    expect(await connection.describe()).toMatchObject({ state: 'enabled' });
  });
});
