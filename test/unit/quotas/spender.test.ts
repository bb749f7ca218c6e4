import { ANONYMOUS, NOBODY, type Caller } from '../../../src/callers/index.js';
import { networkOf } from '../../../src/quotas/network.js';
import { decrypterIds, requesterId } from '../../../src/quotas/spender.js';

const caller = (members: object = {}): Caller => ({
  kind: 'jwt',
  id: 'billing',
  issuer: 'https://a.example',
  scopes: [],
  attributes: {},
  ...members,
});

describe('a network', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('of %j is %j', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('who is counted', () => {
  const base = requesterId({ caller: caller(), address: '10.0.0.1' });

  it.each([
    ['id', { id: 'reports' }],
    ['issuer', { issuer: 'https://b.example' }],
    ['kind', { kind: 'api_key' }],
    ['issuer, with none,', { issuer: undefined }],
  ])('is another caller by another %s', (_what, members) => {
    expect(requesterId({ caller: caller(members), address: '10.0.0.1' })).not.toBe(base);
  });

  it('is the same caller from any address, with any scopes', () => {
    expect(requesterId({ caller: caller({ scopes: ['kkp:admin'] }), address: '10.0.0.2' })).toBe(base);
    expect(requesterId({ caller: caller() })).toBe(base);
  });

  it.each([
    ['anonymous', ANONYMOUS],
    ['none', NOBODY],
  ])('is, of kind %s, the network, else the process', (_kind, nobody) => {
    const from = (address: string) => requesterId({ caller: nobody, address });
    expect(from('10.0.0.1')).toBe(from('::ffff:10.0.0.1'));
    expect(from('10.0.0.1')).not.toBe(from('10.0.0.2'));
    expect(requesterId({ caller: nobody })).not.toBe(from(''));
  });

  it('has a short name, however long its own', () => {
    expect(requesterId({ caller: caller({ id: 'x'.repeat(100_000) }) })).toHaveLength(43);
  });
});

describe('whose decryptions are counted', () => {
  const address = '10.0.0.1';
  const alone = (subject: unknown) => decrypterIds({ caller: NOBODY, address }, subject);
  const withCaller = (asker: Caller, subject?: unknown) => decrypterIds({ caller: asker, address }, subject);

  it('is the subject of a token that came alone, from wherever', () => {
    expect(decrypterIds({ caller: NOBODY, address: '10.0.0.2' }, 'billing')).toEqual(alone('billing'));
    expect(alone('billing')).not.toEqual(alone('reports'));
    expect(alone('billing')).toHaveLength(1);
    expect(alone(undefined)).toEqual([requesterId({ caller: NOBODY, address })]);
  });

  it.each([
    ['an anonymous caller', ANONYMOUS, 'billing'],
    ['a caller with the token of another', caller(), 'reports'],
    ['a caller without a token', caller(), undefined],
    ['a caller with a token of no subject', caller(), 7],
  ])('is no subject for %s, who could choose it', (_who, asker, subject) => {
    expect(withCaller(asker, subject)).toEqual([requesterId({ caller: asker, address })]);
  });

  it('is the caller and the subject, where they have one name', () => {
    const one = caller();
    const other = caller({ kind: 'api_key', issuer: undefined });
    expect(withCaller(one, 'billing')).toEqual([requesterId({ caller: one }), ...alone('billing')]);
    expect(withCaller(other, 'billing')).toEqual([requesterId({ caller: other }), ...alone('billing')]);
  });
});
