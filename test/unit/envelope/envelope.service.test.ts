import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { KmsError, type KmsBackend, type UnwrapRequest, type WrapRequest } from 'kkp-plugin-kit';
import { bindContext } from '../../../src/envelope/context.js';
import { encodeRecord } from '../../../src/envelope/data-key-record.js';
import { deriveKeys } from '../../../src/envelope/derive.js';
import type { Envelope } from '../../../src/envelope/envelope-codec.js';
import { seal } from '../../../src/envelope/gcm.js';
import { fakePlugin } from '../backends/fake-backend.js';
import { CALL, ENVELOPE_ERROR, fiveBackends, openService, PLAINTEXT, publicError } from './setup.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('encrypting and decrypting', () => {
  it.each(['aws', 'gcp', 'azure', 'direct', 'sealed'])(
    'round-trips any bytes and text on %s',
    async (backend) => {
      const { encrypt, decrypt } = await openService(...fiveBackends());
      const bytes = fc.uint8Array({ maxLength: 70_000, size: 'max' });
      const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined });
      await fc.assert(
        fc.asyncProperty(bytes, text, async (given, associatedData) => {
          const bound = associatedData === undefined ? {} : { associatedData };
          const envelope = await encrypt(backend, 'orders', { plaintext: Buffer.from(given), ...bound });
          expect((await decrypt(envelope)).equals(given)).toBe(true);
          expect(envelope.associated_data).toBe(associatedData);
        }),
        { numRuns: 12 },
      );
    },
  );

  it.each([0, 1, 15, 16, 17, 70_000])('round-trips %i bytes', async (length) => {
    const { encrypt, decrypt } = await openService(fakePlugin('eu'));
    const plaintext = Buffer.alloc(length, 0xa5);
    expect((await decrypt(await encrypt('eu', 'k', { plaintext }))).equals(plaintext)).toBe(true);
  });

  it('gives the members of the wire, and associated data only when there is some', async () => {
    const { encrypt } = await openService(fakePlugin('eu'));
    const members = ['backend', 'ciphertext', 'encrypted_data_key', 'key_id', 'nonce'];
    expect(Object.keys(await encrypt('eu', 'k')).sort()).toEqual(members);
    expect(await encrypt('eu', 'k', { associatedData: '' })).toMatchObject({
      backend: 'eu',
      key_id: 'k',
      associated_data: '',
    });
  });

  it('takes a fresh data key and nonce for each message', async () => {
    const { encrypt, random } = await openService(fakePlugin('eu'));
    const envelopes = [await encrypt('eu', 'k'), await encrypt('eu', 'k')];
    expect(new Set(envelopes.map(({ nonce }) => nonce)).size).toBe(2);
    expect(new Set(envelopes.map(({ ciphertext }) => ciphertext)).size).toBe(2);
    const keys = random.given.filter((bytes) => bytes.length === 64);
    expect(new Set(keys).size).toBe(2);
  });

  it.each([
    ['direct', 'bytes', 1],
    ['sealed', 'none', 1],
  ] as const)('costs one call of the key service each way: %s', async (name, aad, calls) => {
    const plugin = fakePlugin(name, { aad });
    const { encrypt, decrypt } = await openService(plugin);
    await decrypt(await encrypt(name, 'k'));
    const [fake] = plugin.created;
    expect([fake!.asked('wrapKey'), fake!.asked('unwrapKey'), fake!.asked('describeKey')]).toEqual([
      calls,
      calls,
      0,
    ]);
  });

  it('keeps the alias that it was asked for, and opens with it', async () => {
    const { encrypt, decrypt } = await openService(fakePlugin('eu', { aliases: { 'alias/a': 'key-1' } }));
    const envelope = await encrypt('eu', 'alias/a');
    expect(envelope.key_id).toBe('alias/a');
    expect((await decrypt(envelope)).equals(PLAINTEXT)).toBe(true);
  });

  it('opens old envelopes when a key that took no AAD begins to take it', async () => {
    const before = await openService(fakePlugin('eu', { aad: 'none' }));
    const envelope = await before.encrypt('eu', 'k');
    const after = await openService(fakePlugin('eu', { aad: 'bytes' }));
    expect((await after.decrypt(envelope)).equals(PLAINTEXT)).toBe(true);
  });

  it('does not open a bound data key with a key that takes no AAD', async () => {
    const before = await openService(fakePlugin('eu', { aad: 'bytes' }));
    const envelope = await before.encrypt('eu', 'k');
    const plugin = fakePlugin('eu', { aad: 'none' });
    const after = await openService(plugin);
    expect(await publicError(after.decrypt(envelope))).toEqual(ENVELOPE_ERROR);
    expect(plugin.created[0]!.asked('unwrapKey')).toBe(0);
  });
});

describe('what the key service is told', () => {
  const wrapRequest = async (aad: 'map' | 'none', associatedData?: string) => {
    const plugin = fakePlugin('eu', { aad });
    const { encrypt, random } = await openService(plugin);
    await encrypt('eu', 'k', associatedData === undefined ? {} : { associatedData });
    const request = plugin.created[0]!.calls.find(({ method }) => method === 'wrapKey')!
      .request as WrapRequest;
    return { request, random };
  };

  it('is format, backend and key', async () => {
    const { request } = await wrapRequest('map');
    expect(request.aad?.map).toEqual({
      'kkp:format': 'kkp-envelope-v1',
      'kkp:backend': 'eu',
      'kkp:key_id': 'k',
    });
  });

  it.each(['', 'order-1'])(
    'is the hash of the associated data %j, never the data',
    async (associatedData) => {
      const { request } = await wrapRequest('map', associatedData);
      expect(request.aad?.map['kkp:associated_data_sha256']).toBe(sha256(associatedData));
      expect(Object.keys(request.aad!.map)).toHaveLength(4);
      if (associatedData) expect(JSON.stringify(request.aad!.map)).not.toContain(associatedData);
    },
  );

  it('is no AAD for a key that takes none, and an inner key instead of the data key', async () => {
    const { request, random } = await wrapRequest('none', 'order-1');
    expect('aad' in request).toBe(false);
    expect(request.plaintext).toHaveLength(32);
    const keys = random.given.filter((bytes) => bytes.length === 64);
    expect(keys).toHaveLength(2);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('is the key of the grant, with labels from the envelope', async () => {
    const plugin = fakePlugin('eu', { version: 'v7' });
    const { encrypt, decrypt } = await openService(plugin);
    await decrypt(await encrypt('eu', 'k'));
    const call = plugin.created[0]!.calls.find(({ method }) => method === 'unwrapKey')!;
    const { keyId, wrapped } = call.request as UnwrapRequest;
    expect({ keyId, alg: wrapped.alg, key: wrapped.key }).toEqual({
      keyId: 'k',
      alg: 'FAKE-GCM',
      key: { keyId: 'k', version: 'v7' },
    });
  });
});

describe('a grant', () => {
  it.each([
    ['another backend', { backend: 'us', keyId: 'k' }],
    ['another key', { backend: 'eu', keyId: 'k2' }],
    ['the key in another case', { backend: 'eu', keyId: 'K' }],
    ['the key with a space', { backend: 'eu', keyId: 'k ' }],
    ['no key', { backend: 'eu', keyId: '' }],
  ])('for %s is refused before any key service is asked', async (_what, grant) => {
    const plugins = [fakePlugin('eu'), fakePlugin('us')];
    const { service, encrypt } = await openService(...plugins);
    const envelope = await encrypt('eu', 'k');
    for (const { created } of plugins) created[0]!.calls.length = 0;
    expect(await publicError(service.decrypt({ grant, envelope }, CALL))).toEqual({
      code: 'policy_denied',
      detail: 'The token is for another backend or key than the envelope.',
    });
    expect(plugins.flatMap(({ created }) => created[0]!.calls)).toEqual([]);
  });

  it('of a backend that is gone answers kms_error', async () => {
    const envelope = await (await openService(fakePlugin('eu'))).encrypt('eu', 'k');
    const { decrypt } = await openService(fakePlugin('us'));
    expect(await publicError(decrypt(envelope))).toMatchObject({ code: 'kms_error' });
  });
});

describe('encrypting is refused', () => {
  it.each([
    ['on an unknown backend', { backend: 'nobody' }, 'kms_error'],
    ['with a key that does not exist', { keyId: 'missing' }, 'kms_error'],
    ['with an empty key id', { keyId: '' }, 'kms_error'],
    ['with ill-formed associated data', { associatedData: '\ud800' }, 'invalid_request'],
    ['with an ill-formed key id', { keyId: '\udc00' }, 'invalid_request'],
    ['with too much associated data', { associatedData: 'x'.repeat(1024 * 1024) }, 'invalid_request'],
  ])('%s', async (_what, change, code) => {
    const { service } = await openService(fakePlugin('eu'));
    const request = { backend: 'eu', keyId: 'k', plaintext: PLAINTEXT, ...change };
    expect(await publicError(service.encrypt(request, CALL))).toMatchObject({ code });
  });

  it.each([
    ['throttled', 'kms_throttled'],
    ['unavailable', 'kms_unavailable'],
    ['access-denied', 'kms_failed'],
    ['disabled-key', 'kms_error'],
    ['invalid-ciphertext', 'kms_failed'],
  ] as const)('when the key service says %s', async (kms, code) => {
    const wrapKey = () => Promise.reject(new KmsError(kms, 'secret text'));
    const { encrypt } = await openService(fakePlugin('eu', { replace: () => ({ wrapKey }) }));
    expect(await publicError(encrypt('eu', 'k'))).toMatchObject({ code });
  });
});

describe('decrypting is refused with the one text', () => {
  const base = async () => {
    const made = await openService(fakePlugin('eu'));
    return { ...made, envelope: await made.encrypt('eu', 'k', { associatedData: 'order-1' }) };
  };

  it.each<[string, Partial<Record<keyof Envelope, unknown>>]>([
    ['ill-formed associated data', { associated_data: '\ud800' }],
    ['endless associated data', { associated_data: 'x'.repeat(2 * 1024 * 1024) }],
    ['a data key longer than any', { encrypted_data_key: 'A'.repeat(300_000) }],
    ['a missing nonce', { nonce: undefined }],
    ['a missing ciphertext', { ciphertext: undefined }],
    ['a missing data key', { encrypted_data_key: undefined }],
    ['a nonce that is a number', { nonce: 12 }],
  ])('for %s', async (_what, change) => {
    const { envelope, decrypt } = await base();
    expect(await publicError(decrypt({ ...envelope, ...change } as Envelope))).toEqual(ENVELOPE_ERROR);
  });

  it.each(['ciphertext', 'nonce', 'encrypted_data_key'])(
    'for a %s of one byte, which costs no call of the key service',
    async (member) => {
      const plugin = fakePlugin('eu');
      const { encrypt, decrypt } = await openService(plugin);
      const envelope = { ...(await encrypt('eu', 'k')), [member]: 'AA' };
      expect(await publicError(decrypt(envelope))).toEqual(ENVELOPE_ERROR);
      expect(plugin.created[0]!.asked('unwrapKey')).toBe(0);
    },
  );

  it.each([16, 31, 33, 64])('for a data key of %i bytes, though everything else fits', async (length) => {
    const { registry, decrypt } = await openService(fakePlugin('eu'));
    const { forKms, forPayload } = bindContext({ backend: 'eu', keyId: 'k' });
    const dataKey = Buffer.alloc(length, 7);
    const request = { keyId: 'k', plaintext: dataKey, aad: forKms };
    const { blob, alg } = await registry.get('eu').wrapKey(request, CALL);
    const nonce = Buffer.alloc(12, 9);
    const record = encodeRecord({ alg, blob });
    const { contentKey, commitment } = deriveKeys(dataKey, nonce, record);
    const envelope = {
      backend: 'eu',
      key_id: 'k',
      ciphertext: seal(contentKey, nonce, PLAINTEXT, forPayload).toString('base64url'),
      nonce: nonce.toString('base64url'),
      encrypted_data_key: Buffer.concat([record, commitment]).toString('base64url'),
    };
    expect(await publicError(decrypt(envelope))).toEqual(ENVELOPE_ERROR);
  });

  it.each<[string, Partial<KmsBackend>]>([
    [
      'opens another key than it was asked for',
      { unwrapKey: () => Promise.resolve(answer({ keyId: 'k2' }, 32)) },
    ],
    ['opens 16 bytes', { unwrapKey: () => Promise.resolve(answer({ keyId: 'k' }, 16)) }],
    ['opens 64 bytes', { unwrapKey: () => Promise.resolve(answer({ keyId: 'k' }, 64)) }],
    ['opens nothing', { unwrapKey: () => Promise.resolve(answer({ keyId: 'k' }, 0)) }],
    ['opens a wrong data key', { unwrapKey: () => Promise.resolve(answer({ keyId: 'k' }, 32)) }],
  ])('when the key service %s', async (_what, methods) => {
    for (const aad of ['bytes', 'none'] as const) {
      const { encrypt, decrypt } = await openService(fakePlugin('eu', { aad, replace: () => methods }));
      expect(await publicError(decrypt(await encrypt('eu', 'k')))).toEqual(ENVELOPE_ERROR);
    }
  });
});

const answer = (key: { keyId: string }, length: number) => ({
  plaintext: new Uint8Array(length).fill(5),
  key,
});
