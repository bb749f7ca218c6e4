import { KkpError, type KkpErrorCode } from '../../../src/errors.js';
import { MAX_REMEMBERED, RefusedCredentials } from '../../../src/quotas/refused-credentials.js';

const NETWORK = '10.0.0.1';
const BAD = new KkpError('unauthenticated', 'No.');

function setUp(limit = 3) {
  const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
  let limited = 0;
  const refusals = new RefusedCredentials(limit, clock, () => (limited += 1));
  const refuseOne = async (credential: string | undefined, address?: string, error: Error = BAD) => {
    const judging = refusals.judge(address, credential, () => Promise.reject(error));
    await expect(judging).rejects.toThrow(error);
  };
  const refuse = async (times: number, address = NETWORK) => {
    for (let at = 0; at < times; at++) await refuseOne(`bad ${at}`, address);
  };
  const accept = (credential: string | undefined, address?: string) =>
    refusals.judge(address, credential, () => 'found');
  /** Asks without leaving a trace. */
  const admit = async (credential: string | undefined = 'new', address: string | undefined = NETWORK) => {
    const judging = () => 'admitted';
    try {
      return await refusals.judge(address, credential, judging, () => false);
    } catch (error) {
      const { code, retryAfterSeconds } = error as KkpError;
      return `${code} for ${retryAfterSeconds}`;
    }
  };
  return { clock, refusals, refuseOne, refuse, accept, admit, limited: () => limited };
}

describe('refused credentials', () => {
  it('of a network beyond the bound keep its next ones from being judged, until a minute has passed', async () => {
    const { refuse, admit, clock, limited } = setUp();
    await refuse(2);
    clock.seconds += 10;
    await refuse(1);
    expect([await admit(), await admit()]).toEqual(['rate_limited for 50', 'rate_limited for 50']);
    expect(limited()).toBe(2);
    clock.seconds += 50;
    expect(await admit()).toBe('admitted');
    await refuse(2);
    expect(await admit()).toBe('rate_limited for 10');
  });

  it('cost nothing beyond it: no judge is asked', async () => {
    const { refusals, refuse } = setUp(1);
    await refuse(1);
    let asked = 0;
    const judging = refusals.judge(NETWORK, 'new', () => (asked += 1));
    await expect(judging).rejects.toMatchObject({ code: 'rate_limited' });
    expect(asked).toBe(0);
  });

  it('count for one network: an address, or a /64', async () => {
    const { refuse, admit } = setUp();
    await refuse(3, '2001:db8:1:2::1');
    expect(await admit('new', '2001:db8:1:2:ffff::9')).toMatch(/^rate_limited/);
    expect(await admit('new', '2001:db8:1:3::1')).toBe('admitted');
    await refuse(3);
    expect(await admit('new', `::ffff:${NETWORK}`)).toMatch(/^rate_limited/);
    expect(await admit('new', '10.0.0.2')).toBe('admitted');
  });

  it('do not lock out a credential that was accepted before, from wherever', async () => {
    const { accept, refuse, admit } = setUp();
    await accept('good');
    await refuse(3);
    expect([await admit('good'), await admit('GOOD'), await admit('')]).toEqual([
      'admitted',
      'rate_limited for 60',
      'rate_limited for 60',
    ]);
  });

  it('lock out one that was let through and proved nothing', async () => {
    const { refuse, admit } = setUp();
    expect(await admit('unproven')).toBe('admitted');
    await refuse(3);
    expect(await admit('unproven')).toMatch(/^rate_limited/);
  });

  it('lock it out once it was refused itself', async () => {
    const { accept, refuseOne, refuse, admit } = setUp();
    await accept('good');
    await refuse(3);
    await refuseOne('good', NETWORK);
    expect(await admit('good')).toMatch(/^rate_limited/);
  });

  it('are none that cannot be recognised', async () => {
    const { accept, refuse, admit } = setUp();
    await accept('');
    await refuse(3);
    expect(await admit('')).toMatch(/^rate_limited/);
  });

  it('hold off no request that shows none, though its refusal counts', async () => {
    const { refusals, refuseOne, refuse, admit } = setUp();
    await refuse(2);
    await refuseOne(undefined, NETWORK);
    expect(await admit()).toMatch(/^rate_limited/);
    expect(await refusals.judge(NETWORK, undefined, () => 'judged')).toBe('judged');
    expect(await admit('')).toMatch(/^rate_limited/);
  });

  it.each<[KkpErrorCode | 'none of ours', boolean]>([
    ['unauthenticated', true],
    ['invalid_bearer', true],
    ['invalid_token', true],
    ['unproven_token', true],
    ['invalid_dpop_proof', true],
    ['invalid_request', true],
    ['policy_denied', false],
    ['rate_limited', false],
    ['unavailable', false],
    ['internal_error', false],
    ['none of ours', false],
  ])('are told by the error: %s, %p', async (code, counts) => {
    const { refuseOne, admit } = setUp(1);
    await refuseOne('x', NETWORK, code === 'none of ours' ? new Error('x') : new KkpError(code, 'x'));
    expect((await admit()) !== 'admitted').toBe(counts);
  });

  it('are told alike when the judge throws instead of rejecting', async () => {
    const { refusals, admit } = setUp(1);
    const judging = refusals.judge(NETWORK, 'x', () => {
      throw BAD;
    });
    await expect(judging).rejects.toBe(BAD);
    expect(await admit()).toMatch(/^rate_limited/);
  });

  it('are nobody’s in the same process, and bound nothing when the bound is 0', async () => {
    const own = setUp();
    for (let at = 0; at < 5; at++) await own.refuseOne('x', undefined);
    expect([await own.admit('x', ''), await own.admit()]).toEqual(['admitted', 'admitted']);
    const off = setUp(0);
    await off.refuse(1000);
    expect(await off.admit()).toBe('admitted');
  });

  it('take a bounded memory: networks and credentials that were quiet longest are forgotten first', async () => {
    const { accept, refuseOne, admit } = setUp(1);
    await accept('quiet');
    await accept('busy');
    await refuseOne('bad', NETWORK);
    for (let at = 0; at < MAX_REMEMBERED; at++) {
      await accept(`credential ${at}`);
      if (at % 1000 === 0) expect(await admit('busy')).toBe('admitted');
    }
    expect(await admit('quiet')).toMatch(/^rate_limited/);
    for (let at = 0; at < MAX_REMEMBERED; at++)
      await refuseOne('bad', `11.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    await refuseOne('bad', '192.0.2.1');
    expect(await admit('new', '192.0.2.1')).toMatch(/^rate_limited/);
    expect(await admit('new', '11.0.0.0')).toBe('admitted');
  });
});
