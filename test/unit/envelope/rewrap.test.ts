import { memory } from 'kkp-plugin-memory';
import { KmsError, type Call, type UnwrapRequest, type WrapRequest } from 'kkp-plugin-kit';
import { decodeDataKey } from '../../../src/envelope/data-key-record.js';
import type { Envelope } from '../../../src/envelope/envelope-codec.js';
import { fakePlugin, type FakeBackend } from '../backends/fake-backend.js';
import { CALL, ENVELOPE_ERROR, fiveBackends, openService, PLAINTEXT, publicError } from './setup.js';
import { cuts, flips, MEMBERS, outcomes } from './spoil.js';

const NAMES = ['aws', 'gcp', 'azure', 'direct', 'sealed'];

const recordOf = ({ encrypted_data_key }: Envelope) =>
  decodeDataKey(Buffer.from(encrypted_data_key, 'base64url')).record;

describe('an envelope that is to be rewrapped', () => {
  const targets = [
    ['the same key', {}],
    ['another key', { keyId: 'invoices' }],
    ['another backend', { backend: 'gcp', keyId: 'elsewhere' }],
  ] as const;
  const cases = NAMES.flatMap((name) =>
    targets.flatMap(([target, to]) => MEMBERS.map((member) => ({ name, target, to, member }))),
  );

  it.each(cases)(
    'of $name to $target is refused, always the same, whatever of its $member is wrong',
    async (one) => {
      const { encrypt, rewrap } = await openService(...fiveBackends());
      const envelope = await encrypt(one.name, 'orders', { associatedData: 'order-1' });
      const spoilt = [...flips(envelope, one.member), ...cuts(envelope, one.member)];
      expect(await outcomes(spoilt, (changed) => rewrap(changed, one.to))).toEqual([
        [JSON.stringify(ENVELOPE_ERROR), spoilt.length],
      ]);
    },
  );

  it.each(['order-2', '', 'order-1 ', undefined])(
    'is refused with the associated data %j of another',
    async (other) => {
      const { encrypt, rewrap } = await openService(fakePlugin('eu'), fakePlugin('us'));
      const { associated_data: own, ...bare } = await encrypt('eu', 'k', { associatedData: 'order-1' });
      const envelope = other === undefined ? bare : { ...bare, associated_data: other };
      expect(own).not.toBe(other);
      for (const to of [{}, { keyId: 'k2' }, { backend: 'us' }]) {
        expect(await publicError(rewrap(envelope, to))).toEqual(ENVELOPE_ERROR);
      }
    },
  );

  it('is refused before its target is asked for anything', async () => {
    const [eu, us] = [fakePlugin('eu'), fakePlugin('us')];
    const { encrypt, rewrap } = await openService(eu, us);
    const envelope = await encrypt('eu', 'k');
    const wrapped = eu.created[0]!.asked('wrapKey');
    for (const changed of flips(envelope, 'ciphertext').slice(0, 3)) {
      await publicError(rewrap(changed));
      await publicError(rewrap(changed, { backend: 'us' }));
    }
    expect([eu.created[0]!.asked('wrapKey') - wrapped, us.created[0]!.asked('wrapKey')]).toEqual([0, 0]);
  });

  it.each([
    ['another backend', { backend: 'us', keyId: 'k' }],
    ['another key', { backend: 'eu', keyId: 'k2' }],
  ])('is refused for a grant of %s, before any key service is asked', async (_what, grant) => {
    const plugins = [fakePlugin('eu'), fakePlugin('us')];
    const { rewrapper, encrypt } = await openService(...plugins);
    const envelope = await encrypt('eu', 'k');
    for (const { created } of plugins) created[0]!.calls.length = 0;
    const result = rewrapper.rewrap({ grant, envelope, to: grant }, CALL);
    expect(await publicError(result)).toMatchObject({ code: 'policy_denied' });
    expect(plugins.flatMap(({ created }) => created[0]!.calls)).toEqual([]);
  });

  it('is not opened for a target that is not there', async () => {
    const plugin = fakePlugin('eu');
    const { encrypt, rewrap } = await openService(plugin);
    const envelope = await encrypt('eu', 'k');
    expect(await publicError(rewrap(envelope, { backend: 'nobody' }))).toMatchObject({ code: 'kms_error' });
    expect(plugin.created[0]!.asked('unwrapKey')).toBe(0);
  });
});

describe('what the key services say of a rewrap', () => {
  const SAID = [
    ['throttled', 'kms_throttled'],
    ['unavailable', 'kms_unavailable'],
    ['access-denied', 'kms_failed'],
  ] as const;

  it.each(SAID)('is told when the old key’s says %s', async (kms, code) => {
    const unwrapKey = () => Promise.reject(new KmsError(kms, 'secret text'));
    const { encrypt, rewrap } = await openService(fakePlugin('eu', { replace: () => ({ unwrapKey }) }));
    const envelope = await encrypt('eu', 'k');
    for (const to of [{}, { keyId: 'k2' }]) {
      expect(await publicError(rewrap(envelope, to))).toMatchObject({ code });
    }
  });

  it.each([
    ...SAID,
    ['disabled-key', 'kms_error'],
    ['not-found', 'kms_error'],
    ['invalid-ciphertext', 'kms_failed'],
  ] as const)('is told as for an encryption when the new key’s says %s', async (kms, code) => {
    for (const aad of ['bytes', 'none'] as const) {
      let refuses = false;
      const replace = (fake: FakeBackend) => {
        const wrap = fake.wrapKey.bind(fake);
        const wrapKey = (request: WrapRequest, call: Call) =>
          refuses ? Promise.reject(new KmsError(kms, 'secret text')) : wrap(request, call);
        return { wrapKey };
      };
      const { encrypt, rewrap } = await openService(fakePlugin('eu', { aad, replace }));
      const envelope = await encrypt('eu', 'k');
      refuses = true;
      for (const to of [{}, { keyId: 'k2' }]) {
        const error = await publicError(rewrap(envelope, to));
        expect(error).toMatchObject({ code });
        expect(JSON.stringify(error)).not.toContain('secret text');
      }
    }
  });
});

describe('a rewrap under the same key', () => {
  it.each(NAMES)('of %s changes encrypted_data_key and nothing else', async (name) => {
    const { encrypt, decrypt, rewrap } = await openService(...fiveBackends());
    for (const bound of [{}, { associatedData: '' }, { associatedData: 'order-1' }]) {
      const before = await encrypt(name, 'orders', bound);
      const after = await rewrap(before);
      expect({ ...after, encrypted_data_key: '' }).toEqual({ ...before, encrypted_data_key: '' });
      expect(recordOf(after).blob).not.toEqual(recordOf(before).blob);
      expect((await decrypt(after)).equals(PLAINTEXT)).toBe(true);
      expect((await decrypt(before)).equals(PLAINTEXT)).toBe(true);
    }
  });

  it.each(['gcp', 'azure'] as const)('of %s is by the version that wraps now', async (name) => {
    const plugin = memory({ name, emulates: name });
    const { encrypt, decrypt, rewrap } = await openService(plugin);
    const before = await encrypt(name, 'orders');
    plugin.admin.rotate('orders');
    const after = await rewrap(before);
    const { version } = recordOf(await encrypt(name, 'orders'));
    expect(version).not.toBe(recordOf(before).version);
    expect(recordOf(after).version).toBe(version);
    expect((await decrypt(after)).equals(PLAINTEXT)).toBe(true);
  });

  it.each(NAMES)('of %s leaves an envelope that is bound to its last byte', async (name) => {
    const { encrypt, decrypt, rewrap } = await openService(...fiveBackends());
    const changed = flips(await rewrap(await encrypt(name, 'orders')), 'encrypted_data_key');
    expect(await outcomes(changed, decrypt)).toEqual([[JSON.stringify(ENVELOPE_ERROR), changed.length]]);
  });

  it('takes a fresh inner key and seal where the key takes no AAD', async () => {
    const { encrypt, rewrap, random } = await openService(fakePlugin('eu', { aad: 'none' }));
    const before = await encrypt('eu', 'k');
    const drawn = random.given.length;
    const after = await rewrap(before);
    const fresh = random.given.slice(drawn);
    expect(fresh.map((bytes) => bytes.length / 2).sort()).toEqual([12, 12, 32]);
    expect(recordOf(after).sealed!.nonce).not.toEqual(recordOf(before).sealed!.nonce);
    expect(recordOf(after).sealed!.box).not.toEqual(recordOf(before).sealed!.box);
  });

  it('binds the data key to the key service as soon as the key takes AAD', async () => {
    const old = await (await openService(fakePlugin('eu', { aad: 'none' }))).encrypt('eu', 'k');
    const { rewrap, decrypt } = await openService(fakePlugin('eu', { aad: 'map' }));
    const after = await rewrap(old);
    expect(recordOf(old).sealed).toBeDefined();
    expect(recordOf(after).sealed).toBeUndefined();
    expect((await decrypt(after)).equals(PLAINTEXT)).toBe(true);
  });

  it('wraps with the AAD that it unwrapped with, in one call each', async () => {
    const plugin = fakePlugin('eu', { aad: 'map' });
    const { encrypt, rewrap } = await openService(plugin);
    const envelope = await encrypt('eu', 'k', { associatedData: 'order-1' });
    const { calls } = plugin.created[0]!;
    calls.length = 0;
    await rewrap(envelope);
    expect(calls.map(({ method }) => method)).toEqual(['unwrapKey', 'wrapKey']);
    const [unwrap, wrap] = calls.map(({ request }) => request as UnwrapRequest | WrapRequest);
    expect(wrap!.aad!.map).toEqual(unwrap!.aad!.map);
    expect(wrap!.aad!.map).toMatchObject({ 'kkp:backend': 'eu', 'kkp:key_id': 'k' });
  });
});

describe('a rewrap to another key', () => {
  const pairs = NAMES.flatMap((from) => NAMES.filter((to) => to !== from).map((to) => [from, to] as const));

  it.each(pairs)('moves from %s to %s, and opens there only', async (from, backend) => {
    const { encrypt, decrypt, rewrap } = await openService(...fiveBackends());
    const before = await encrypt(from, 'orders', { associatedData: 'order-1' });
    await encrypt(backend, 'orders');
    await encrypt(from, 'moved');
    const after = await rewrap(before, { backend, keyId: 'moved' });
    expect(after).toMatchObject({ backend, key_id: 'moved', associated_data: 'order-1' });
    expect((await decrypt(after)).equals(PLAINTEXT)).toBe(true);
    for (const [other, key_id] of [
      [from, 'orders'],
      [backend, 'orders'],
      [from, 'moved'],
    ] as const) {
      const relabelled = { ...after, backend: other, key_id };
      expect(await publicError(decrypt(relabelled))).toEqual(ENVELOPE_ERROR);
    }
  });

  it.each([{}, { associatedData: '' }, { associatedData: 'order-1' }])(
    'keeps the associated data %j',
    async (bound) => {
      const { encrypt, rewrap } = await openService(fakePlugin('eu'));
      const before = await encrypt('eu', 'k', bound);
      const after = await rewrap(before, { keyId: 'k2' });
      expect(after.associated_data).toBe(before.associated_data);
      expect('associated_data' in after).toBe('associated_data' in before);
    },
  );

  it('takes a fresh data key and nonce', async () => {
    const { encrypt, rewrap, random } = await openService(fakePlugin('eu'));
    const before = await encrypt('eu', 'k');
    const after = await rewrap(before, { keyId: 'k2' });
    expect(after.nonce).not.toBe(before.nonce);
    expect(after.ciphertext).not.toBe(before.ciphertext);
    const dataKeys = random.given.filter((bytes) => bytes.length === 64);
    expect(new Set(dataKeys).size).toBe(2);
  });

  it('is another key when the id is spelled otherwise', async () => {
    const aliases = { 'alias/a': 'key-1' };
    const { encrypt, decrypt, rewrap } = await openService(fakePlugin('eu', { aliases }));
    const before = await encrypt('eu', 'alias/a');
    const after = await rewrap(before, { keyId: 'key-1' });
    expect(after.key_id).toBe('key-1');
    expect(after.nonce).not.toBe(before.nonce);
    expect((await decrypt(after)).equals(PLAINTEXT)).toBe(true);
  });
});
