import { bindAad } from 'kkp-plugin-kit/testkit';
import { FakeVault } from './fake/server.js';
import { LEAST, MAY_CREATE, ROOT } from './fake/tokens.js';
import { TransitAdmin } from './support/admin.js';
import { Connection, PLAINTEXT, refusal, textOf } from './support/connection.js';

const server = await FakeVault.start();
const admin = new TransitAdmin(server.address, server.rootToken);
afterAll(() => server.stop());
await admin.createKey('orders');

describe('the fake', () => {
  it('creates a missing key for a token with create, and not for one with update only, as Vault does', async () => {
    const creator = new TransitAdmin(server.address, server.tokens.issue({ policy: MAY_CREATE }));
    await creator.send('POST', 'transit/encrypt/made-by-typo', { plaintext: 'AA==' });
    expect(server.transit.names).toContain('made-by-typo');
    const updater = new TransitAdmin(server.address, server.tokens.issue({ policy: LEAST }));
    await expect(updater.send('POST', 'transit/encrypt/other-typo', { plaintext: 'AA==' })).rejects.toThrow(
      '403',
    );
    expect(server.transit.names).not.toContain('other-typo');
  });
});

describe('a missing key', () => {
  it.each([
    ['of least rights', LEAST],
    ['that may create', MAY_CREATE],
    ['of root', ROOT],
  ])('is not-found and is not made, with a token %s', async (_what, policy) => {
    const at = await Connection.open(server, { policy });
    for (const attempt of ['first', 'second']) {
      expect({ attempt, ...(await refusal(at.wrap('typo'))) }).toMatchObject({
        code: 'not-found',
        side: 'caller',
      });
    }
    expect(server.transit.names).not.toContain('typo');
  });

  it.each([
    ['create', MAY_CREATE],
    ['do everything', ROOT],
  ])('is not made again by a wrap after it was deleted, by a token that may %s', async (_what, policy) => {
    await admin.createKey('short-lived');
    const at = await Connection.open(server, { policy });
    await at.wrap('short-lived');
    await admin.delete('short-lived');
    expect(await refusal(at.wrap('short-lived'))).toMatchObject({ code: 'not-found' });
    expect(server.transit.names).not.toContain('short-lived');
  });

  it('is found out after one refusal by a token that may not create', async () => {
    await admin.createKey('short-lived');
    const at = await Connection.open(server);
    await at.wrap('short-lived');
    await admin.delete('short-lived');
    expect(await refusal(at.wrap('short-lived'))).toMatchObject({ code: 'access-denied', side: 'caller' });
    expect(await refusal(at.wrap('short-lived'))).toMatchObject({ code: 'not-found' });
  });

  it('is not made when the token may not ask what it may do', async () => {
    const policy = MAY_CREATE.filter(([path]) => !path.test('sys/capabilities-self'));
    const at = await Connection.open(server, { policy });
    await at.wrap();
    await at.wrap();
    expect(at.asked.filter((call) => call === 'GET transit/keys/orders')).toHaveLength(2);
  });
});

describe('what a wrap costs', () => {
  it('is one request once the key is known, for a token of least rights', async () => {
    const at = await Connection.open(server);
    await at.wrap();
    server.seen.length = 0;
    await at.unwrap(await at.wrap());
    expect(at.asked).toEqual(['POST transit/encrypt/orders', 'POST transit/decrypt/orders']);
    expect(at.logged).toEqual([]);
  });

  it('is a look at the key each time for a token that may create, which is said once', async () => {
    const at = await Connection.open(server, { policy: MAY_CREATE });
    await at.wrap();
    await at.wrap();
    expect(at.asked.filter((call) => call === 'GET transit/keys/orders')).toHaveLength(2);
    expect(at.logged).toHaveLength(1);
    expect(at.logged[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('may create') });
  });

  it('has a look at the key again after five minutes', async () => {
    const at = await Connection.open(server);
    await at.wrap();
    server.seen.length = 0;
    at.time.advance(5 * 60_000 - 1);
    await at.wrap();
    expect(at.asked).toHaveLength(1);
    at.time.advance(1);
    await at.wrap();
    expect(at.asked).toContain('GET transit/keys/orders');
  });
});

describe('a key that takes no AAD as Vault has it', () => {
  it.each([
    ['rsa-2048', {}],
    ['ed25519', {}],
    ['hmac', {}],
    ['aes256-cbc', {}],
    ['managed_key', {}],
    ['a derived aes256-gcm96', { type: 'aes256-gcm96', derived: true }],
  ])('is refused as unsupported, for wrapping and unwrapping: %s', async (type, fields) => {
    const name = await admin.createKey(undefined, { type, ...fields });
    const at = await Connection.open(server);
    const wrapped = await at.wrap();
    server.seen.length = 0;
    expect(await refusal(at.wrap(name))).toMatchObject({ code: 'unsupported', side: 'caller' });
    expect(await refusal(at.unwrap(wrapped, { keyId: name }))).toMatchObject({
      code: 'unsupported',
      side: 'caller',
    });
    expect(at.asked.filter((call) => call.includes('crypt'))).toEqual([]);
    expect(await at.describe(name)).toMatchObject({ state: 'enabled', key: { version: 'v1' } });
  });

  it('is described with its type', async () => {
    const name = await admin.createKey(undefined, { type: 'rsa-2048' });
    expect(await (await Connection.open(server)).describe(name)).toMatchObject({ alg: 'rsa-2048' });
  });

  it('would answer 500 to a decryption, which is no fault of the service', async () => {
    const name = await admin.createKey(undefined, { type: 'rsa-2048' });
    await expect(
      admin.send('POST', `transit/decrypt/${name}`, { ciphertext: 'vault:v1:AAAA' }),
    ).rejects.toThrow('500');
  });
});

describe('a key id', () => {
  it('is a name or a path under the mount, and canonical is the path', async () => {
    const at = await Connection.open(server);
    expect((await at.wrap('orders')).key).toEqual({ keyId: 'transit/keys/orders', version: 'v1' });
    expect((await at.wrap('transit/keys/orders')).key.keyId).toBe('transit/keys/orders');
  });

  it.each([
    '',
    '.',
    '..',
    '-a',
    'a-',
    'a/b',
    'other/keys/orders',
    'transit/keys/',
    'transit/keys/a/b',
    'a b',
    'a?b',
    'a%2fb',
    'ä',
    'a'.repeat(257),
  ])('of another form is an invalid-request, and nothing is sent: %p', async (keyId) => {
    const at = await Connection.open(server);
    expect(await refusal(at.wrap(keyId))).toMatchObject({ code: 'invalid-request', side: 'caller' });
    expect(at.asked).toEqual([]);
  });
});

describe('versions', () => {
  it('retired by min_decryption_version are disabled-key', async () => {
    const name = await admin.createKey();
    const at = await Connection.open(server);
    const old = await at.wrap(name);
    await admin.rotate(name);
    await admin.send('POST', `transit/keys/${name}/config`, { min_decryption_version: 2 });
    expect(await refusal(at.unwrap(old, { keyId: name }))).toMatchObject({
      code: 'disabled-key',
      providerCode: '400 too old',
    });
  });

  it('are known to be stale by a connection that only unwraps, once it has looked again', async () => {
    const name = await admin.createKey();
    const at = await Connection.open(server);
    const old = await at.wrap(name);
    await admin.rotate(name);
    at.time.advance(5 * 60_000);
    expect(await at.unwrap(old, { keyId: name })).toMatchObject({ stale: true, key: { version: 'v1' } });
  });

  it('that were seen in a blob of somebody else count as well', async () => {
    const name = await admin.createKey();
    const [at, other] = [await Connection.open(server), await Connection.open(server)];
    const old = await at.wrap(name);
    await admin.rotate(name);
    const newer = await other.wrap(name);
    expect((await at.unwrap(newer, { keyId: name })).stale).toBe(false);
    expect((await at.unwrap(old, { keyId: name })).stale).toBe(true);
  });
});

describe('a blob', () => {
  it('is the text that Vault gives, and Vault takes it back', async () => {
    const at = await Connection.open(server);
    const text = textOf(await at.wrap());
    expect(text).toMatch(/^vault:v1:/);
    expect(await admin.send('POST', 'transit/decrypt/orders', { ciphertext: text })).toMatchObject({
      data: { plaintext: Buffer.from(PLAINTEXT).toString('base64') },
    });
  });

  // What Vault reads, and never writes: each of these opens there.
  it.each([
    ['version 0', (text: string) => text.replace('v1:', 'v0:')],
    ['a leading zero', (text: string) => text.replace('v1:', 'v01:')],
    ['a signed version', (text: string) => text.replace('v1:', 'v+1:')],
    ['a line break in base64', (text: string) => `${text.slice(0, 20)}\n${text.slice(20)}`],
    ['a line break at the end', (text: string) => `${text}\n`],
  ])('with %s is invalid-ciphertext here, though Vault opens it', async (_what, change) => {
    const at = await Connection.open(server);
    const changed = change(textOf(await at.wrap()));
    expect(await admin.send('POST', 'transit/decrypt/orders', { ciphertext: changed })).toBeDefined();
    server.seen.length = 0;
    expect(await refusal(at.unwrap(changed))).toMatchObject({ code: 'invalid-ciphertext', side: 'caller' });
    expect(at.asked).toEqual([]);
  });

  it('with other bits in the padding is invalid-ciphertext here, though Vault opens it', async () => {
    const at = await Connection.open(server);
    // 12 + 2 + 16 bytes end without padding; 12 + 1 + 16 leave four bits of the last digit unused.
    const text = textOf(
      await at
        .wrap('orders', { plaintext: Uint8Array.of(7, 7) })
        .then(() => at.wrap('orders', { plaintext: Uint8Array.of(7) })),
    );
    const last = text.replace(/=+$/, '').length - 1;
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const changed = text.slice(0, last) + digits[digits.indexOf(text[last]!) ^ 1]! + text.slice(last + 1);
    expect(text).toMatch(/=$/);
    expect(await admin.send('POST', 'transit/decrypt/orders', { ciphertext: changed })).toBeDefined();
    expect(await refusal(at.unwrap(changed))).toMatchObject({ code: 'invalid-ciphertext' });
  });

  it.each([
    '',
    'vault:v1:',
    'vault:v1:AAAA',
    'vault:v1',
    'other:v1:AAAA',
    'vault:v9999999999:AAAA',
    'bao:v1:x',
    `vault:v1:${'A'.repeat(70_000)}`,
  ])('of another form is invalid-ciphertext, and nothing is sent: %.30s', async (text) => {
    const at = await Connection.open(server);
    expect(await refusal(at.unwrap(text))).toMatchObject({ code: 'invalid-ciphertext' });
    expect(at.asked).toEqual([]);
  });
});

describe('limits', () => {
  it('are kept before anything is sent', async () => {
    const at = await Connection.open(server);
    const aad = { map: {}, bytes: new Uint8Array(512 * 1024 + 1) };
    expect(await refusal(at.wrap('orders', { aad }))).toMatchObject({ code: 'invalid-request' });
    expect(await refusal(at.wrap('orders', { plaintext: new Uint8Array() }))).toMatchObject({
      code: 'invalid-request',
    });
    expect(await refusal(at.wrap('orders', { plaintext: new Uint8Array(4097) }))).toMatchObject({
      code: 'invalid-request',
    });
    expect(at.asked).toEqual([]);
  });

  it('leave room for the largest AAD in a JSON string of Vault', async () => {
    const at = await Connection.open(server);
    const aad = { map: {}, bytes: new Uint8Array(512 * 1024) };
    await at.wrap('orders', { aad });
    const { associated_data: text } = JSON.parse(server.seen.at(-1)!.body) as { associated_data: string };
    expect(text.length).toBeLessThanOrEqual(1024 * 1024);
  });

  it('send the AAD as it is, in base64', async () => {
    const at = await Connection.open(server);
    const aad = bindAad({ tenant: 'red' });
    await at.wrap('orders', { aad });
    expect(JSON.parse(server.seen.at(-1)!.body)).toEqual({
      plaintext: Buffer.from(PLAINTEXT).toString('base64'),
      associated_data: Buffer.from(aad.bytes).toString('base64'),
    });
  });
});
