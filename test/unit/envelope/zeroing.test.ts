import { jest } from '@jest/globals';
import { KmsError, type Call, type WrapRequest } from 'kkp-plugin-kit';
import type { Envelope } from '../../../src/envelope/envelope-codec.js';
import type { OpenedEnvelope } from '../../../src/envelope/envelope.service.js';
import { fakePlugin, type FakeBackend } from '../backends/fake-backend.js';
import { deferred } from '../backends/setup.js';
import { ENVELOPE_ERROR, openService, PLAINTEXT, publicError } from './setup.js';

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
const MODES = [
  ['direct', 'bytes', 1],
  ['sealed', 'none', 2],
] as const;

describe.each(MODES)('keys of a message in mode %s', (_mode, aad, keyCount) => {
  it('are zeroed after it was encrypted', async () => {
    const { encrypt, random } = await openService(fakePlugin('eu', { aad }));
    await encrypt('eu', 'k');
    const keys = random.issued.filter(({ length }) => length === 32);
    expect(keys.map(isZero)).toEqual(Array<boolean>(keyCount).fill(true));
    expect(random.given.filter((bytes) => /^0+$/.test(bytes))).toEqual([]);
  });

  it('are zeroed when it cannot be encrypted', async () => {
    const seen: Uint8Array[] = [];
    const wrapKey = ({ plaintext }: WrapRequest) => {
      seen.push(plaintext);
      return Promise.reject(new KmsError('unavailable', 'down'));
    };
    const { encrypt, random } = await openService(fakePlugin('eu', { aad, replace: () => ({ wrapKey }) }));
    expect(await publicError(encrypt('eu', 'k'))).toMatchObject({ code: 'kms_unavailable' });
    const keys = [...random.issued.filter(({ length }) => length === 32), ...seen];
    expect(keys.map(isZero)).toEqual([true, true]);
  });

  it('are zeroed after it was decrypted', async () => {
    const plugin = fakePlugin('eu', { aad });
    const { encrypt, decrypt } = await openService(plugin);
    await decrypt(await encrypt('eu', 'k'));
    expect(plugin.created[0]!.opened.map(isZero)).toEqual([true]);
  });

  const spoil: [string, (envelope: Envelope, other: Envelope) => Envelope][] = [
    ['its tag does not fit', (envelope, other) => ({ ...envelope, ciphertext: other.ciphertext })],
    ['its commitment does not fit', (envelope, other) => ({ ...envelope, nonce: other.nonce })],
  ];
  it.each(spoil)('are zeroed when %s', async (_what, change) => {
    const plugin = fakePlugin('eu', { aad });
    const { encrypt, decrypt } = await openService(plugin);
    const envelope = change(await encrypt('eu', 'k'), await encrypt('eu', 'k'));
    expect(await publicError(decrypt(envelope))).toEqual(ENVELOPE_ERROR);
    expect(plugin.created[0]!.opened.map(isZero)).toEqual([true]);
  });

  it('are zeroed when the backend opens something of another length', async () => {
    const plaintext = new Uint8Array(31).fill(7);
    const unwrapKey = () => Promise.resolve({ plaintext, key: { keyId: 'k' } });
    const { encrypt, decrypt } = await openService(fakePlugin('eu', { aad, replace: () => ({ unwrapKey }) }));
    expect(await publicError(decrypt(await encrypt('eu', 'k')))).toEqual(ENVELOPE_ERROR);
    expect(isZero(plaintext)).toBe(true);
  });

  it('are zeroed when the caller goes and the backend answers all the same', async () => {
    const late = deferred<{ plaintext: Uint8Array; key: { keyId: string } }>();
    const started = jest.fn(() => late.promise);
    const { service, encrypt } = await openService(
      fakePlugin('eu', { aad, replace: () => ({ unwrapKey: started }) }),
    );
    const envelope = await encrypt('eu', 'k');
    const caller = new AbortController();
    const call = { requestId: 'r', signal: caller.signal };
    const result = publicError(service.decrypt({ grant: { backend: 'eu', keyId: 'k' }, envelope }, call));
    expect(started).toHaveBeenCalledTimes(1);
    caller.abort();
    expect(await result).toMatchObject({ code: 'kms_unavailable' });
    const plaintext = new Uint8Array(32).fill(7);
    late.resolve({ plaintext, key: { keyId: 'k' } });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(isZero(plaintext)).toBe(true);
  });
});

describe.each(MODES)('what a rewrap in mode %s had in its hands', (_mode, aad) => {
  const TARGETS = [
    ['the same key', {}],
    ['another key', { keyId: 'k2' }],
  ] as const;

  /** A service whose openings are kept, and whose backend refuses to wrap when told. */
  async function watched(onWrap: (opened: OpenedEnvelope) => Promise<void> = () => Promise.resolve()) {
    const opened: OpenedEnvelope[] = [];
    const replace = (fake: FakeBackend) => {
      const wrap = fake.wrapKey.bind(fake);
      const wrapKey = async (request: WrapRequest, call: Call) => {
        if (opened[0]) await onWrap(opened[0]);
        return wrap(request, call);
      };
      return { wrapKey };
    };
    const made = await openService(fakePlugin('eu', { aad, replace }));
    const open = made.service.open.bind(made.service);
    jest.spyOn(made.service, 'open').mockImplementation(async (request, call) => {
      const result = await open(request, call);
      expect(result.plaintext.equals(PLAINTEXT)).toBe(true);
      opened.push(result);
      return result;
    });
    return { ...made, opened };
  }

  const expectZeroed = ({ opened, random }: Awaited<ReturnType<typeof watched>>) => {
    expect(opened.map(({ dataKey, plaintext }) => [isZero(dataKey), isZero(plaintext)])).toEqual([
      [true, true],
    ]);
    const keys = random.issued.filter(({ length }) => length === 32);
    expect(keys.every(isZero)).toBe(true);
  };

  it.each(TARGETS)('is zeroed after it went to %s', async (_target, to) => {
    const made = await watched();
    await made.rewrap(await made.encrypt('eu', 'k'), to);
    expectZeroed(made);
  });

  it.each(TARGETS)('is zeroed when it cannot go to %s', async (_target, to) => {
    const made = await watched(() => Promise.reject(new KmsError('unavailable', 'down')));
    const envelope = await made.encrypt('eu', 'k');
    expect(await publicError(made.rewrap(envelope, to))).toMatchObject({ code: 'kms_unavailable' });
    expectZeroed(made);
  });

  it('is no plaintext while the same key wraps', async () => {
    const seen: boolean[] = [];
    const made = await watched(({ plaintext }) => Promise.resolve(void seen.push(isZero(plaintext))));
    await made.rewrap(await made.encrypt('eu', 'k'));
    expect(seen).toEqual([true]);
  });
});

describe('the data key of a sealed message', () => {
  it('is zeroed when its inner key does not open it', async () => {
    const plugin = fakePlugin('eu', { aad: 'none' });
    const { encrypt, decrypt } = await openService(plugin);
    const envelope = await encrypt('eu', 'k', { associatedData: 'order-1' });
    expect(await publicError(decrypt({ ...envelope, associated_data: 'order-2' }))).toEqual(ENVELOPE_ERROR);
    expect(plugin.created[0]!.opened.map(isZero)).toEqual([true]);
  });
});
