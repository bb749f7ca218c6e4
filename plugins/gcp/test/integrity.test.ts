import type { KmsBackend, WrappedKey } from 'kkp-plugin-kit';
import { crc32c } from '../src/crc32c.js';
import { FakeKms, RING } from './fake/kms.js';
import { aadOf, call, open, PLAINTEXT, refusal, wrap } from './support/gcp.js';

const kms = await FakeKms.start();
const keyId = kms.createKey('orders');
const aad = aadOf('tenant');
let backend: KmsBackend;
let wrapped: WrappedKey;
afterAll(() => kms.stop());

beforeEach(async () => {
  backend = await open(kms);
  wrapped = await wrap(backend, keyId, call(), aad);
  kms.seen.length = 0;
});

const change = (members: object) =>
  kms.faults.add({ kind: 'change', change: (body) => ({ ...body, ...members }) });
const unwrap = () => backend.unwrapKey({ keyId, wrapped, aad }, call());

describe('what is sent', () => {
  it('has the checksums of plaintext and AAD, as decimal text', async () => {
    await wrap(backend, keyId, call(), aad);
    expect(kms.seen[0]).toMatchObject({
      method: 'POST',
      url: `/v1/${keyId}:encrypt`,
      headers: { authorization: 'Bearer fake-access-token', 'content-type': 'application/json' },
    });
    expect(kms.seen[0]?.body).toEqual({
      plaintext: Buffer.from(PLAINTEXT).toString('base64'),
      plaintextCrc32c: String(0x46dd794e),
      additionalAuthenticatedData: 'dGVuYW50',
      additionalAuthenticatedDataCrc32c: expect.stringMatching(/^\d+$/),
    });
  });

  it('has the checksums of blob and AAD, the key without version, and nothing of the pin', async () => {
    const forged = { ...wrapped, key: { keyId: `${RING}/cryptoKeys/other`, version: '../../9' } };
    await backend.unwrapKey({ keyId, wrapped: forged, aad }, call());
    expect(kms.seen[0]?.url).toBe(`/v1/${keyId}:decrypt`);
    expect(Object.keys(kms.seen[0]?.body ?? {}).sort()).toEqual([
      'additionalAuthenticatedData',
      'additionalAuthenticatedDataCrc32c',
      'ciphertext',
      'ciphertextCrc32c',
    ]);
  });

  it('has no AAD and no checksum of it where there is none', async () => {
    await wrap(backend, keyId);
    expect(Object.keys(kms.seen[0]?.body ?? {})).toEqual(['plaintext', 'plaintextCrc32c']);
  });
});

describe('an answer to Encrypt is discarded, retryable and asked once, when', () => {
  const other = `${RING}/cryptoKeys/other/cryptoKeyVersions/1`;
  it.each([
    ['the checksum of the blob is wrong', { ciphertextCrc32c: '1' }, 'checksum mismatch'],
    ['the checksum of the blob is a number', { ciphertextCrc32c: 1 }, 'checksum mismatch'],
    ['the checksum of the blob is missing', { ciphertextCrc32c: undefined }, 'checksum mismatch'],
    ['the plaintext is not verified', { verifiedPlaintextCrc32c: false }, 'checksum mismatch'],
    ['the plaintext is verified by a text', { verifiedPlaintextCrc32c: 'true' }, 'checksum mismatch'],
    [
      'it does not say whether the plaintext is verified',
      { verifiedPlaintextCrc32c: undefined },
      'checksum mismatch',
    ],
    ['the AAD is not verified', { verifiedAdditionalAuthenticatedDataCrc32c: false }, 'checksum mismatch'],
    [
      'it does not say so of the AAD',
      { verifiedAdditionalAuthenticatedDataCrc32c: undefined },
      'checksum mismatch',
    ],
    ['it names another key', { name: other }, 'malformed answer'],
    ['it names no version', { name: `${RING}/cryptoKeys/orders` }, 'malformed answer'],
    ['it has no name', { name: undefined }, 'malformed answer'],
    ['it has no blob', { ciphertext: undefined, ciphertextCrc32c: '0' }, 'malformed answer'],
    ['the blob is no text', { ciphertext: 7 }, 'malformed answer'],
    ['the blob is no base64', { ciphertext: '####' }, 'malformed answer'],
    [
      'the blob is base64url',
      { ciphertext: '-_-_', ciphertextCrc32c: String(crc32c(Buffer.from('-_-_', 'base64'))) },
      'malformed answer',
    ],
  ])('%s', async (_what, members, providerCode) => {
    change(members);
    expect(await refusal(wrap(backend, keyId, call(), aad))).toMatchObject({
      code: 'unavailable',
      side: 'provider',
      retryable: true,
      providerCode,
    });
    expect(kms.seen).toHaveLength(1);
  });
});

describe('an answer to Decrypt is discarded, retryable and asked once, when', () => {
  it.each([
    ['the checksum is wrong', { plaintextCrc32c: '1' }, 'checksum mismatch'],
    ['the checksum is missing', { plaintextCrc32c: undefined }, 'checksum mismatch'],
    ['the plaintext is another', { plaintext: Buffer.alloc(32).toString('base64') }, 'checksum mismatch'],
    ['there is no plaintext, and a checksum of one', { plaintext: undefined }, 'checksum mismatch'],
    ['the plaintext is no text', { plaintext: [] }, 'malformed answer'],
    ['the plaintext is no base64', { plaintext: 'AB==' }, 'malformed answer'],
  ])('%s', async (_what, members, providerCode) => {
    change(members);
    expect(await refusal(unwrap())).toMatchObject({ code: 'unavailable', retryable: true, providerCode });
    expect(kms.seen).toHaveLength(1);
  });
});

describe('an answer of GetCryptoKey is discarded when', () => {
  it.each([
    ['it names another key', { name: `${RING}/cryptoKeys/other` }],
    ['it names none', { name: undefined }],
    ['its primary is of another key', { primary: { name: `${RING}/cryptoKeys/other/cryptoKeyVersions/1` } }],
    ['its primary has no name', { primary: {} }],
    ['its primary is no object', { primary: 7 }],
  ])('%s', async (_what, members) => {
    change(members);
    expect(await refusal(backend.describeKey(keyId, call()))).toMatchObject({
      code: 'unavailable',
      providerCode: 'malformed answer',
    });
  });
});
