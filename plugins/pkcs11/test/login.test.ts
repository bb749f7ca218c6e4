import { rmSync, writeFileSync } from 'node:fs';
import { refusal, until } from './support/connection.js';
import { LABEL, PIN, SERIAL } from './support/fake-token.js';
import { useFakeToken } from './support/using.js';

const fake = useFakeToken();
const logins = (lines: readonly string[]) => lines.filter((line) => line.endsWith('C_Login')).length;
const openRefusal = (options = {}) => {
  const connection = fake.connect(options);
  return refusal(connection.backend.open(connection.call()));
};

describe('the PIN', () => {
  it.each([
    ['a line break', `${PIN}\n`],
    ['a line break of Windows', `${PIN}\r\n`],
    ['nothing', PIN],
  ])('is read from a file that ends with %s', async (_what, text) => {
    writeFileSync(fake.token.pinFile, text);
    expect(await openRefusal()).toEqual({ code: 'none' });
  });

  it.each([
    ['an empty file', ''],
    ['a line break alone', '\n'],
    ['a NUL', `${PIN}\0`],
    ['more than 255 bytes', '1'.repeat(256)],
  ])('is not sent when there is %s instead', async (_what, text) => {
    writeFileSync(fake.token.pinFile, text);
    expect(await openRefusal()).toMatchObject({
      code: 'access-denied',
      side: 'proxy',
      message: 'pinFile holds no PIN.',
    });
    expect(fake.token.calls()).toEqual([]);
  });

  it.each([
    ['a file that is not there', {}, 'pinFile cannot be read (ENOENT).'],
    ['a variable that is not set', { pinEnv: 'KKP_TEST_ABSENT' }, 'The variable of pinEnv holds no PIN.'],
  ])('is not sent when it is in %s', async (_what, options, message) => {
    rmSync(fake.token.pinFile);
    expect(await openRefusal(options)).toMatchObject({ code: 'access-denied', side: 'proxy', message });
  });

  it('is sent with its blanks and a second line break', async () => {
    fake.token.change((_state, token) => (token.pin = ' two words \n'));
    writeFileSync(fake.token.pinFile, ' two words \n\n');
    expect(await openRefusal()).toEqual({ code: 'none' });
  });

  it('that is wrong is access-denied of side proxy, tried once, and told nowhere', async () => {
    writeFileSync(fake.token.pinFile, 'wrong-pin-5678');
    const connection = fake.connect();
    const refused = await refusal(connection.backend.open(connection.call()));
    expect(refused).toMatchObject({
      code: 'access-denied',
      side: 'proxy',
      providerCode: 'CKR_PIN_INCORRECT at C_Login',
    });
    expect(logins(fake.token.calls())).toBe(1);
    expect(JSON.stringify([refused, connection.logged])).not.toContain('wrong-pin');
  });

  it('that became wrong is not tried a second time, whatever restarts, until another one is there', async () => {
    const connection = await fake.open();
    fake.token.change((_state, token) => (token.pin = 'new-pin'));
    process.kill(connection.pid, 'SIGKILL');
    const failures = () => connection.logged.filter(({ level }) => level === 'error').length;
    for (const count of [1, 2, 3, 4]) {
      await until(`failure ${count}`, () => failures() === count);
      connection.time.advance(30_000);
    }
    await until('failure 5', () => failures() === 5);
    expect(logins(fake.token.calls())).toBe(1);
    expect(await refusal(connection.wrap())).toMatchObject({ code: 'access-denied', side: 'proxy' });
    writeFileSync(fake.token.pinFile, 'new-pin');
    connection.time.advance(30_000);
    await until('a second process', () => connection.ready.length === 2);
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
  });

  it.each([
    [1, 'PIN_LAST_TRY at C_Login', 0],
    [0, 'CKR_PIN_LOCKED at C_Login', 1],
  ])('with %i tries left is never the last one', async (triesLeft, providerCode, count) => {
    fake.token.change((_state, token) => (token.triesLeft = triesLeft));
    expect(await openRefusal()).toMatchObject({ code: 'access-denied', side: 'proxy', providerCode });
    expect(logins(fake.token.calls())).toBe(count);
  });
});

describe('the token', () => {
  const addToken = (label: string, serial: string) =>
    fake.token.change((state, first) => state.tokens.push({ ...first, label, serial }));

  it.each([
    ['its label', { tokenLabel: LABEL }],
    ['its serial number', { tokenLabel: undefined, tokenSerial: SERIAL }],
    ['both', { tokenLabel: LABEL, tokenSerial: SERIAL }],
  ])('is found among others by %s', async (_what, options) => {
    addToken('another', 'ffffffffffffffff');
    const connection = fake.connect(options as object);
    await connection.backend.open(connection.call());
    expect((await connection.describe()).key.keyId).toBe(`pkcs11:serial=${SERIAL};object=orders`);
  });

  it.each([
    ['no token of that label', { tokenLabel: 'kkp' }, 'unavailable', 'TOKEN_ABSENT'],
    ['no token of that serial number', { tokenSerial: 'a1b2' }, 'unavailable', 'TOKEN_ABSENT'],
    ['two tokens of that label', {}, 'invalid-request', 'TOKEN_AMBIGUOUS'],
  ])('is refused by side proxy, without a login, when there is %s', async (_what, options, code, reason) => {
    addToken(LABEL, 'ffffffffffffffff');
    expect(await openRefusal(options)).toMatchObject({
      code,
      side: 'proxy',
      providerCode: `${reason} at C_GetSlotList`,
    });
    expect(logins(fake.token.calls())).toBe(0);
  });

  it('stays the same after a restart: another one of its label is none', async () => {
    const connection = await fake.open();
    fake.token.change((_state, token) => (token.serial = 'ffffffffffffffff'));
    process.kill(connection.pid, 'SIGKILL');
    await until('a failure', () => connection.logged.some(({ level }) => level === 'error'));
    expect(await refusal(connection.wrap())).toMatchObject({ providerCode: 'TOKEN_ABSENT at C_GetSlotList' });
  });
});
