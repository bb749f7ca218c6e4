import { KkpError } from '../../../src/errors.js';
import { IntrospectToken } from '../../../src/revocation/introspect-token.js';
import { claims, JTI, startRevocations } from './fixtures.js';

const fail = (error: Error) => () => {
  throw error;
};

describe('the status of a token', () => {
  const statusOf = async (verify: () => ReturnType<typeof claims>, revoked = false) => {
    const { revocations } = await startRevocations();
    if (revoked) await revocations.revoke({ jti: JTI });
    return new IntrospectToken({ verify } as never, revocations).statusOf('a.b.c');
  };

  it('is active, with its claims', async () => {
    expect(await statusOf(() => claims())).toEqual({ ...claims(), active: true });
  });

  it('is inactive and nothing else, whether it is not good or revoked', async () => {
    expect(await statusOf(fail(new KkpError('invalid_token', 'Expired.')))).toEqual({ active: false });
    expect(await statusOf(() => claims(), true)).toEqual({ active: false });
  });

  it.each([new KkpError('unavailable', 'No keys.'), new TypeError('a mistake')])(
    'is not told when it could not be found out: %s',
    async (error) => {
      await expect(statusOf(fail(error))).rejects.toBe(error);
    },
  );
});
