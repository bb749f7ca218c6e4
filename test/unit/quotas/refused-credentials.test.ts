import { KkpError, type KkpErrorCode } from '../../../src/errors.js';
import { MAX_REMEMBERED, RefusedCredentials } from '../../../src/quotas/refused-credentials.js';

const NETWORK = '10.0.0.1';
const BAD = new KkpError('unauthenticated', 'No.');

function setUp(limit = 3) {
  const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
  let limited = 0;
  const refusals = new RefusedCredentials(limit, clock, () => (limited += 1));
  const refuse = (times: number, address = NETWORK) => {
    for (let at = 0; at < times; at++) refusals.refused(address, `bad ${at}`, BAD);
  };
  const admit = (credential = 'new', address: string | undefined = NETWORK): string => {
    try {
      refusals.admit(address, credential);
      return 'admitted';
    } catch (error) {
      const { code, retryAfterSeconds } = error as KkpError;
      return `${code} for ${retryAfterSeconds}`;
    }
  };
  return { clock, refusals, refuse, admit, limited: () => limited };
}

describe('refused credentials', () => {
  it('of a network beyond the bound keep its next ones from being judged, until a minute has passed', () => {
    const { refuse, admit, clock, limited } = setUp();
    refuse(2);
    clock.seconds += 10;
    refuse(1);
    expect([admit(), admit()]).toEqual(['rate_limited for 50', 'rate_limited for 50']);
    expect(limited()).toBe(2);
    clock.seconds += 50;
    expect(admit()).toBe('admitted');
    refuse(2);
    expect(admit()).toBe('rate_limited for 10');
  });

  it('count for one network: an address, or a /64', () => {
    const { refuse, admit } = setUp();
    refuse(3, '2001:db8:1:2::1');
    expect(admit('new', '2001:db8:1:2:ffff::9')).toMatch(/^rate_limited/);
    expect(admit('new', '2001:db8:1:3::1')).toBe('admitted');
    refuse(3);
    expect(admit('new', `::ffff:${NETWORK}`)).toMatch(/^rate_limited/);
    expect(admit('new', '10.0.0.2')).toBe('admitted');
  });

  it('do not lock out a credential that was accepted before, from wherever', () => {
    const { refusals, refuse, admit } = setUp();
    refusals.accepted('good');
    refuse(100);
    expect([admit('good'), admit('GOOD'), admit('')]).toEqual([
      'admitted',
      'rate_limited for 60',
      'rate_limited for 60',
    ]);
  });

  it('lock it out once it was refused itself', () => {
    const { refusals, refuse, admit } = setUp();
    refusals.accepted('good');
    refuse(3);
    refusals.refused(NETWORK, 'good', BAD);
    expect(admit('good')).toMatch(/^rate_limited/);
  });

  it('are none that cannot be recognised', () => {
    const { refusals, refuse, admit } = setUp();
    refusals.accepted('');
    refuse(3);
    expect(admit('')).toMatch(/^rate_limited/);
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
  ])('are told by the error: %s, %p', (code, counts) => {
    const { refusals, admit } = setUp(1);
    refusals.refused(NETWORK, 'x', code === 'none of ours' ? new Error() : new KkpError(code, ''));
    expect(admit() !== 'admitted').toBe(counts);
  });

  it('are nobody’s in the same process, and bound nothing when the bound is 0', () => {
    const own = setUp();
    for (let at = 0; at < 5; at++) own.refusals.refused(undefined, 'x', BAD);
    expect([own.admit('x', ''), own.admit()]).toEqual(['admitted', 'admitted']);
    const off = setUp(0);
    off.refuse(1000);
    expect(off.admit()).toBe('admitted');
  });

  it('take a bounded memory: networks and credentials that were quiet longest are forgotten first', () => {
    const { refusals, refuse, admit } = setUp(1);
    refusals.accepted('quiet');
    refusals.accepted('busy');
    refuse(1);
    for (let at = 0; at < MAX_REMEMBERED; at++) {
      refusals.accepted(`credential ${at}`);
      if (at % 1000 === 0) expect(admit('busy')).toBe('admitted');
    }
    expect(admit('quiet')).toMatch(/^rate_limited/);
    for (let at = 0; at < MAX_REMEMBERED; at++) refuse(1, `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    refuse(1, '192.0.2.1');
    expect(admit('new', '192.0.2.1')).toMatch(/^rate_limited/);
    expect(admit('new', '10.0.0.0')).toBe('admitted');
  });
});
