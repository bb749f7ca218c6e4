import { jest } from '@jest/globals';
import { makeKey, now } from '../support/tokens.js';

const key = makeKey('k1');
const jwks = { keys: [key.jwk] };

/** The SDK as freshly loaded: what it found out about the platform is forgotten. */
async function loadSdk() {
  jest.resetModules();
  return import('../../src/index.js');
}

describe('the choice of an Ed25519 implementation', () => {
  const importKey = jest.spyOn(crypto.subtle, 'importKey');
  const verify = jest.spyOn(crypto.subtle, 'verify');

  beforeEach(() => jest.clearAllMocks());
  afterAll(() => jest.restoreAllMocks());

  it('is WebCrypto where it has Ed25519, found out once', async () => {
    const { verifyToken } = await loadSdk();
    await verifyToken(key.sign(), jwks, { now });
    await verifyToken(key.sign(), jwks, { now });
    // One for the probe and one for each verification.
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it('is @noble/ed25519 where WebCrypto knows no Ed25519', async () => {
    importKey.mockRejectedValueOnce(new DOMException('Unrecognized name.', 'NotSupportedError'));
    const { verifyToken } = await loadSdk();
    await verifyToken(key.sign(), jwks, { now });
    await verifyToken(key.sign(), jwks, { now });
    expect(importKey).toHaveBeenCalledTimes(1);
    expect(verify).not.toHaveBeenCalled();
  });

  it('is @noble/ed25519 where WebCrypto does not verify a known signature', async () => {
    verify.mockResolvedValueOnce(false);
    const { verifyToken } = await loadSdk();
    await verifyToken(key.sign(), jwks, { now });
    expect(importKey).toHaveBeenCalledTimes(1);
  });

  it('imports each key of a set once', async () => {
    const { importJwks, verifyToken } = await loadSdk();
    const keys = importJwks(jwks);
    await Promise.all([1, 2, 3].map(() => verifyToken(key.sign(), keys, { now })));
    // The probe and the key.
    expect(importKey).toHaveBeenCalledTimes(2);
  });

  it('can be made by the caller', async () => {
    const { importJwks, verifyToken } = await loadSdk();
    const ed25519 = { importKey: () => Promise.resolve(() => Promise.resolve(false)) };
    await expect(verifyToken(key.sign(), importJwks(jwks, ed25519), { now })).rejects.toMatchObject({
      reason: 'bad_signature',
    });
    expect(importKey).not.toHaveBeenCalled();
  });
});
