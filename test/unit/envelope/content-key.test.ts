import { jest } from '@jest/globals';
import type { DerivedKeys } from '../../../src/envelope/derive.js';

const { deriveKeys } = await import('../../../src/envelope/derive.js');
const derived: DerivedKeys[] = [];
jest.unstable_mockModule('../../../src/envelope/derive.js', () => ({
  COMMITMENT_BYTES: 32,
  deriveKeys: (...given: Parameters<typeof deriveKeys>) => {
    const keys = deriveKeys(...given);
    derived.push(keys);
    return keys;
  },
}));
const { openService, publicError } = await import('./setup.js');
const { fakePlugin } = await import('../backends/fake-backend.js');

describe('the content key of a message', () => {
  it('is zeroed after it was encrypted, opened, and refused', async () => {
    const { encrypt, decrypt } = await openService(fakePlugin('eu'));
    const [envelope, other] = [await encrypt('eu', 'k'), await encrypt('eu', 'k')];
    await decrypt(envelope);
    await publicError(decrypt({ ...envelope, ciphertext: other.ciphertext }));
    await publicError(decrypt({ ...envelope, nonce: other.nonce }));
    const zeroed = derived.map(({ contentKey }) => contentKey.every((byte) => byte === 0));
    expect(zeroed).toEqual([true, true, true, true, true]);
  });
});
