import { bindAad } from 'kkp-plugin-kit/testkit';
import { PLAINTEXT, refusal } from './support/connection.js';
import { SERIAL } from './support/fake-token.js';
import { useFakeToken } from './support/using.js';

const fake = useFakeToken();
const CANONICAL = `pkcs11:serial=${SERIAL};object=orders`;
const day = (offset: number) =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');

describe('a key id', () => {
  it.each(['orders', CANONICAL])('is a label or a PKCS#11 URI: %s', async (keyId) => {
    const connection = await fake.open();
    expect((await connection.wrap(keyId)).key).toEqual({ keyId: CANONICAL, version: '1' });
  });

  it.each([
    'pkcs11:object=orders',
    `pkcs11:object=orders;serial=${SERIAL}`,
    'pkcs11:serial=ffffffffffffffff;object=orders',
    `pkcs11:serial=${SERIAL.toUpperCase()};object=orders`,
    `${CANONICAL};type=secret-key`,
    `${CANONICAL}?module-path=/tmp/evil.so`,
    `${CANONICAL}\n`,
    `pkcs11:serial=${SERIAL};object=`,
    'or ders',
    '.orders',
    'orders-',
    'orders%20',
    'k'.repeat(129),
  ])('is nothing else: %p', async (keyId) => {
    const connection = await fake.open();
    expect(await refusal(connection.wrap(keyId))).toMatchObject({ code: 'invalid-request', side: 'caller' });
    expect(fake.token.calls()).toEqual([]);
  });

  it('holds the serial number of a token whose number needs escapes', async () => {
    fake.token.change((_state, token) => (token.serial = 'S/N;1 2'));
    const connection = await fake.open();
    const { key } = await connection.wrap();
    expect(key.keyId).toBe('pkcs11:serial=S%2FN%3B1%202;object=orders');
    expect((await connection.wrap(key.keyId)).key).toEqual(key);
  });
});

describe('the versions of a key', () => {
  it('are its CKA_IDs, of which the greatest wraps, in any length of counter', async () => {
    fake.token.createKey('orders', { id: '00ff' });
    fake.token.createKey('orders', { id: '0100' });
    fake.token.createKey('orders', { id: '20' });
    const connection = await fake.open();
    expect((await connection.wrap()).key.version).toBe('256');
    expect((await connection.describe()).key.version).toBe('256');
  });

  it('are found among more objects than one search gives', async () => {
    for (let version = 2; version <= 130; version++) fake.token.createKey('orders');
    const connection = await fake.open();
    expect((await connection.wrap()).key.version).toBe('130');
  });

  it.each(['', '00', '0000000000', '0100000000'])(
    'are no objects whose CKA_ID is no counter: %p',
    async (id) => {
      fake.token.createKey('orders', { id });
      fake.token.createKey('odd', { id });
      const connection = await fake.open();
      expect((await connection.wrap()).key.version).toBe('1');
      expect(await refusal(connection.wrap('odd'))).toMatchObject({ code: 'not-found' });
    },
  );

  it.each(['01', '0001'])('that are there twice make the key unusable: %s', async (id) => {
    fake.token.createKey('orders', { id });
    const connection = await fake.open();
    const twice = { code: 'unsupported', side: 'proxy', providerCode: 'VERSION_TWICE at C_FindObjects' };
    expect(await refusal(connection.wrap())).toMatchObject(twice);
    expect(await refusal(connection.describe())).toMatchObject(twice);
  });

  it('that are no AES keys are unsupported', async () => {
    fake.token.createKey('des', { type: 'DES3' });
    const connection = await fake.open();
    expect(await refusal(connection.wrap('des'))).toMatchObject({ code: 'unsupported', side: 'caller' });
  });

  it('may be retired: one without CKA_ENCRYPT opens, and the one before it wraps', async () => {
    fake.token.rotate('orders');
    const connection = await fake.open();
    const second = await connection.wrap();
    fake.token.alter('orders', { encrypt: false }, '02');
    expect((await connection.wrap()).key.version).toBe('1');
    expect(await connection.unwrap(second)).toMatchObject({
      plaintext: PLAINTEXT,
      key: second.key,
      stale: true,
    });
  });

  it('may be disabled: one without CKA_DECRYPT opens nothing, although others do', async () => {
    const connection = await fake.open();
    const first = await connection.wrap();
    fake.token.rotate('orders');
    fake.token.alter('orders', { decrypt: false }, '01');
    expect(await refusal(connection.unwrap(first))).toMatchObject({ code: 'disabled-key', side: 'caller' });
    expect((await connection.wrap()).key.version).toBe('2');
  });

  it('that may only open leave the key disabled for wrapping', async () => {
    const connection = await fake.open();
    const wrapped = await connection.wrap();
    fake.token.alter('orders', { encrypt: false });
    expect(await refusal(connection.wrap())).toMatchObject({ code: 'disabled-key' });
    expect(await connection.describe()).toMatchObject({ key: wrapped.key, state: 'disabled' });
    expect((await connection.unwrap(wrapped)).stale).toBe(false);
  });

  it('use the attributes of key wrap with CKM_AES_KEY_WRAP_PAD', async () => {
    const connection = await fake.open({ mechanism: 'CKM_AES_KEY_WRAP_PAD' });
    fake.token.alter('orders', { encrypt: false, decrypt: false });
    const wrapped = await connection.wrap();
    fake.token.alter('orders', { wrap: false });
    expect(await refusal(connection.wrap())).toMatchObject({ code: 'disabled-key' });
    expect((await connection.unwrap(wrapped)).plaintext).toEqual(PLAINTEXT);
    fake.token.alter('orders', { unwrap: false });
    expect(await refusal(connection.unwrap(wrapped))).toMatchObject({ code: 'disabled-key' });
  });

  it.each([
    ['that begins today and ends today', { start: day(0), end: day(0) }, 'none'],
    ['without dates', { start: '00000000', end: '00000000' }, 'none'],
    ['that ended yesterday', { end: day(-1) }, 'disabled-key'],
    ['that begins tomorrow', { start: day(1) }, 'disabled-key'],
    ['with an end that is no date', { end: '        ' }, 'disabled-key'],
  ])('keep to their dates: one %s', async (_what, dates, code) => {
    const connection = await fake.open();
    const wrapped = await connection.wrap();
    fake.token.alter('orders', dates);
    expect((await refusal(connection.wrap())).code).toBe(code);
    expect((await refusal(connection.unwrap(wrapped))).code).toBe(code);
  });

  it('may be prepared: one that begins tomorrow does not wrap yet', async () => {
    fake.token.createKey('orders', { start: day(1) });
    const connection = await fake.open();
    expect((await connection.wrap()).key.version).toBe('1');
  });

  it('have no dates where the module knows none', async () => {
    fake.token.change((_state, token) => (token.quirks = ['no-dates']));
    const connection = await fake.open();
    expect((await refusal(connection.wrap())).code).toBe('none');
  });

  it('are not used when the module cannot read their dates', async () => {
    fake.token.change((_state, token) => (token.quirks = ['dates-unreadable']));
    fake.token.alter('orders', { end: day(1) });
    const connection = await fake.open();
    expect(await refusal(connection.wrap())).toMatchObject({
      code: 'unavailable',
      providerCode: 'CKR_GENERAL_ERROR at C_GetAttributeValue',
    });
  });
});

describe('a blob', () => {
  it.each([
    ['of another algorithm', { alg: 'CKM_AES_KEY_WRAP_PAD' }],
    ['of an algorithm that is none', { alg: 'aes256-gcm96' }],
  ])('%s is refused before the module is asked', async (_what, fields) => {
    const connection = await fake.open();
    const wrapped = await connection.wrap();
    fake.token.calls();
    expect(await refusal(connection.unwrap({ ...wrapped, ...fields }))).toMatchObject({
      code: 'invalid-ciphertext',
    });
    expect(fake.token.calls()).toEqual([]);
  });

  it('does not open by the other mechanism, whatever its algorithm says', async () => {
    const [gcm, padded] = [await fake.open(), await fake.open({ mechanism: 'CKM_AES_KEY_WRAP_PAD' })];
    const alg = 'CKM_AES_KEY_WRAP_PAD';
    expect(await refusal(padded.unwrap({ ...(await gcm.wrap()), alg }))).toMatchObject({
      code: 'invalid-ciphertext',
    });
    const back = { ...(await padded.wrap()), alg: 'CKM_AES_GCM' };
    expect(await refusal(gcm.unwrap(back))).toMatchObject({ code: 'invalid-ciphertext' });
  });

  it('holds format, version, IV, ciphertext and tag, and is as long for every call', async () => {
    const connection = await fake.open();
    const { blob } = await connection.wrap();
    expect(blob).toHaveLength(1 + 4 + 12 + 32 + 16);
    expect([...blob.subarray(0, 5)]).toEqual([1, 0, 0, 0, 1]);
    expect([...blob.subarray(5, 17)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('of a version that is gone is invalid-ciphertext, of a key that is gone not-found', async () => {
    const connection = await fake.open();
    const wrapped = await connection.wrap();
    fake.token.rotate('orders');
    fake.token.delete('orders', '01');
    expect(await refusal(connection.unwrap(wrapped))).toMatchObject({ code: 'invalid-ciphertext' });
    fake.token.delete('orders');
    expect(await refusal(connection.unwrap(wrapped))).toMatchObject({ code: 'not-found' });
  });

  it.each([4096, 1, 7, 8, 9])('of key wrap gives %i bytes back without padding', async (length) => {
    const connection = await fake.open({ mechanism: 'CKM_AES_KEY_WRAP_PAD' });
    const plaintext = new Uint8Array(length);
    const { blob, ...rest } = await connection.wrap('orders', { plaintext });
    expect(blob).toHaveLength(5 + 8 + Math.ceil((16 + length) / 8) * 8);
    expect((await connection.unwrap({ ...rest, blob })).plaintext).toEqual(plaintext);
  });

  it.each(['CKM_AES_GCM', 'CKM_AES_KEY_WRAP_PAD'] as const)(
    'of nothing is not made by %s',
    async (mechanism) => {
      const connection = await fake.open({ mechanism });
      const refused = refusal(connection.wrap('orders', { plaintext: new Uint8Array() }));
      expect(await refused).toMatchObject({ code: 'invalid-request', side: 'caller' });
    },
  );

  it('is bound to no more AAD than the capabilities say', async () => {
    const connection = await fake.open();
    const aad = (length: number) => ({ map: {}, bytes: new Uint8Array(length) });
    const { maxAadBytes = 0 } = connection.backend.capabilities();
    expect(await refusal(connection.wrap('orders', { aad: aad(maxAadBytes) }))).toEqual({ code: 'none' });
    expect(await refusal(connection.wrap('orders', { aad: aad(maxAadBytes + 1) }))).toMatchObject({
      code: 'invalid-request',
    });
  });
});

describe('a module that makes its own IVs', () => {
  const moduleIv = (...more: string[]) =>
    fake.token.change((_state, token) => (token.quirks = ['module-iv', ...more]));

  it('has its IV in the blob', async () => {
    moduleIv();
    const connection = await fake.open({ iv: 'module' });
    const aad = bindAad({ tenant: 'red' });
    const [first, second] = [
      await connection.wrap('orders', { aad }),
      await connection.wrap('orders', { aad }),
    ];
    expect(first.blob.subarray(5, 17)).not.toEqual(second.blob.subarray(5, 17));
    expect((await connection.unwrap(first, { aad })).plaintext).toEqual(PLAINTEXT);
  });

  it('refuses one of the caller', async () => {
    moduleIv();
    const connection = await fake.open();
    expect(await refusal(connection.wrap())).toMatchObject({ code: 'unsupported' });
  });

  it.each([[['forgets-iv']], [[]]])('and does not tell it has wrapped nothing: %p', async (quirks) => {
    fake.token.change((_state, token) => (token.quirks = quirks.length > 0 ? ['module-iv', ...quirks] : []));
    const connection = await fake.open({ iv: 'module' });
    expect(await refusal(connection.wrap())).toMatchObject({
      code: 'unsupported',
      side: 'proxy',
      providerCode: 'IV_ABSENT at C_Encrypt',
    });
  });
});

it.each([
  [true, 'hsm'],
  [false, 'software'],
])('a slot whose flag CKF_HW_SLOT is %p protects as %s', async (hardware, protection) => {
  fake.token.change((_state, token) => (token.hardware = hardware));
  const connection = await fake.open();
  expect((await connection.describe()).protection).toBe(protection);
});

describe('a remembered key', () => {
  const searches = () => fake.token.calls().filter((line) => line.endsWith('C_FindObjectsInit')).length;

  it('is not looked up again, unlike by default', async () => {
    for (const [options, count] of [
      [{}, 3],
      [{ rememberKeysSeconds: 300 }, 1],
    ] as const) {
      const connection = await fake.open(options);
      await connection.unwrap(await connection.wrap());
      await connection.wrap();
      expect(searches()).toBe(count);
    }
  });

  it('wraps on until it is looked up, which describe does', async () => {
    const connection = await fake.open({ rememberKeysSeconds: 300 });
    await connection.wrap();
    fake.token.rotate('orders');
    expect((await connection.wrap()).key.version).toBe('1');
    expect((await connection.describe()).key.version).toBe('2');
    expect((await connection.wrap()).key.version).toBe('2');
  });

  it('is looked up again for a version that it does not have', async () => {
    const [first, second] = [await fake.open({ rememberKeysSeconds: 300 }), await fake.open()];
    await first.wrap();
    fake.token.rotate('orders');
    const wrapped = await second.wrap();
    expect((await first.unwrap(wrapped)).key.version).toBe('2');
  });

  it.each<[string, () => void, string]>([
    ['was deleted', () => fake.token.delete('orders'), 'not-found'],
    ['was disabled', () => fake.token.disable('orders'), 'disabled-key'],
    [
      'was replaced',
      () => (fake.token.delete('orders'), fake.token.createKey('x'), fake.token.createKey('orders')),
      'none',
    ],
  ])('that %s is looked up again', async (_what, change, code) => {
    const connection = await fake.open({ rememberKeysSeconds: 300 });
    await connection.wrap();
    change();
    expect((await refusal(connection.wrap())).code).toBe(code);
  });

  it('that was enabled again is looked up again', async () => {
    const connection = await fake.open({ rememberKeysSeconds: 300 });
    const wrapped = await connection.wrap();
    fake.token.alter('orders', { encrypt: false });
    expect((await connection.describe()).state).toBe('disabled');
    fake.token.alter('orders', { encrypt: true });
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
    expect(await refusal(connection.unwrap(wrapped))).toEqual({ code: 'none' });
  });
});
