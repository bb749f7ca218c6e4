import { KmsError } from 'kkp-plugin-kit';
import { Permit } from '../../../src/access/operation.js';
import { GenerateDataKey } from '../../../src/data-keys/index.js';
import { ANONYMOUS } from '../../../src/callers/index.js';
import { RefusedCredentials } from '../../../src/quotas/index.js';
import { PresentedTokens, type TokenVerifier } from '../../../src/tokens/index.js';
import { fakePlugin } from '../backends/fake-backend.js';
import { FixedRandom } from '../backends/fixed-random.js';
import { CALL, openService, publicError } from '../envelope/setup.js';

const BODY = { backend: 'eu', key_id: 'k' };

/** The operation with randomness of its own, so that its key is told from those of the envelope. */
async function setUp(plugin = fakePlugin('eu')) {
  const made = await openService(plugin);
  const random = new FixedRandom('data keys');
  const refusals = new RefusedCredentials(0, { now: () => 0 }, () => undefined);
  const tokens = new PresentedTokens({} as TokenVerifier, [], () => undefined, refusals);
  const operation = new GenerateDataKey(tokens, made.service, random);
  const perform = async (body: Parameters<GenerateDataKey['prepare']>[0]) => {
    const { work } = await operation.prepare(body, { caller: ANONYMOUS });
    return operation.perform(new Permit(work, { allowed: true, revision: 'r' }), CALL);
  };
  return { ...made, random, operation, perform };
}

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe('a data key', () => {
  it('that cannot be wrapped is zeroed', async () => {
    const wrapKey = () => Promise.reject(new KmsError('unavailable', 'down'));
    const { perform, random } = await setUp(fakePlugin('eu', { replace: () => ({ wrapKey }) }));
    expect(await publicError(perform(BODY))).toMatchObject({ code: 'kms_unavailable' });
    expect(random.issued.map(isZero)).toEqual([true]);
  });

  it.each([true, false])(
    'is zeroed after it was given out: include_plaintext %j',
    async (include_plaintext) => {
      const { perform, random } = await setUp();
      await perform({ ...BODY, include_plaintext });
      expect(random.issued.map(isZero)).toEqual([true]);
    },
  );

  it.each([16, 32, 64] as const)(
    'of %i bytes is our own randomness, inside of the envelope and beside it',
    async (bytes) => {
      const { perform, decrypt, random } = await setUp();
      const { envelope, plaintext_base64 } = await perform({ ...BODY, bytes });
      expect(random.given).toEqual([Buffer.from(plaintext_base64!, 'base64url').toString('hex')]);
      expect(random.given).toEqual([(await decrypt(envelope)).toString('hex')]);
      expect(random.given[0]).toHaveLength(2 * bytes);
    },
  );

  it('asks the policy about what will be done, defaults included', async () => {
    const { operation } = await setUp();
    const request = { ...BODY, bytes: 32, include_plaintext: true, context: {} };
    expect((await operation.prepare(BODY, { caller: ANONYMOUS })).input).toEqual({
      action: 'data_key',
      request,
      caller: ANONYMOUS,
    });
    const asked = { ...BODY, bytes: 64, include_plaintext: false } as const;
    const { input } = await operation.prepare(
      { ...asked, policy_context: { ticket: 7 }, associated_data: 'x' },
      { caller: ANONYMOUS },
    );
    expect(input).toEqual({
      action: 'data_key',
      request: { ...asked, context: { ticket: 7 } },
      caller: ANONYMOUS,
    });
  });
});
