import { apiKey, makeKey } from '../../../../src/callers/index.js';
import { systemRandom } from '../../../../src/random.js';

const { id, hash } = makeKey(systemRandom);
const GOOD = { id, name: 'ci', hash };

const faults = (options: object): readonly string[] => {
  try {
    apiKey(options);
    return [];
  } catch (error) {
    return (error as { faults: string[] }).faults;
  }
};

describe('the options of api_key', () => {
  it('may be a list of keys, of which one name may have two', () => {
    const next = makeKey(systemRandom);
    expect(faults({ keys: [GOOD, { id: next.id, name: 'ci', hash: next.hash }] })).toEqual([]);
    expect(faults({ keys: [{ ...GOOD, name: 'ü'.repeat(512), scopes: ['x'.repeat(128)] }] })).toEqual([]);
    expect(faults({ keys: [] })).toEqual([]);
  });

  it.each([
    ['neither keys nor file', {}],
    ['both', { keys: [], file: '/etc/keys.yaml' }],
    ['an unknown option', { keys: [], files: 'x' }],
    ['keys that are no list', { keys: { a: GOOD } }],
    ['a file that is no text', { file: 5 }],
    ['a file that is not there', { file: '/nowhere/keys.yaml' }],
    ['a folder', { file: '/' }],
    ['an empty path', { file: '' }],
  ])('cannot be %s', (_name, options) => {
    expect(faults(options)).toContainEqual(expect.any(String));
  });

  it.each([
    ['text', 'hunter2'],
    ['nothing', null],
    ['a list', [GOOD]],
  ])('cannot have %s for a key', (_name, key) => {
    expect(faults({ keys: [key] })).toEqual([expect.stringMatching(/^keys\[0\]: must be an object, and is/)]);
  });

  it.each([
    ['no id', { id: undefined }, 'id'],
    ['a short id', { id: '0123' }, 'id'],
    ['an id in capitals', { id: 'ABCDEF0123456789' }, 'id'],
    ['an id that is a number', { id: 1234567890123456 }, 'id'],
    ['no name', { name: undefined }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a long name', { name: 'x'.repeat(513) }, 'name'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['no hash', { hash: undefined }, 'hash'],
    ['the key itself for a hash', { hash: makeKey(systemRandom).key }, 'hash'],
    ['a hash of another kind', { hash: hash.replace('hmac-sha256', 'sha256') }, 'hash'],
    ['a hash without salt', { hash: `hmac-sha256::${hash.slice(-43)}` }, 'hash'],
    ['a hash cut short', { hash: hash.slice(0, -1) }, 'hash'],
    ['a hash with stray bits', { hash: `hmac-sha256:${'A'.repeat(21)}B:${hash.slice(-43)}` }, 'hash'],
    ['a hash with stray bits at its end', { hash: `${hash.slice(0, -43)}${'A'.repeat(42)}B` }, 'hash'],
    ['a long scope', { scopes: ['x'.repeat(129)] }, 'scopes'],
    ['scopes as text', { scopes: 'kkp:admin' }, 'scopes'],
    ['two scopes in one', { scopes: ['kkp:issue kkp:admin'] }, 'scopes'],
    ['an empty scope', { scopes: [''] }, 'scopes'],
    ['attributes as a list', { attributes: [] }, 'attributes'],
    ['an end without an hour', { expires_at: '2027-01-01' }, 'expires_at'],
    ['an end without a zone', { expires_at: '2027-01-01T00:00:00' }, 'expires_at'],
    ['an end that is no day', { expires_at: '2027-13-01T00:00:00Z' }, 'expires_at'],
    ['an end as a number', { expires_at: 1800000000 }, 'expires_at'],
    ['an end that is nothing', { expires_at: null }, 'expires_at'],
    ['a misspelt member', { expire_at: '2027-01-01T00:00:00Z' }, 'expire_at'],
    ['a key in clear', { key: 'kkp_x' }, 'key'],
  ])('cannot have a key with %s, and say so without a value', (_name, more, member) => {
    const found = faults({ keys: [GOOD, { ...GOOD, id: '0'.repeat(16), ...more }] });
    expect(found).toEqual([expect.stringContaining(`keys[1].${member}: `)]);
    for (const value of Object.values(more).filter((one) => typeof one === 'string' && one.length > 4))
      expect(found[0]).not.toContain(value);
  });

  it('cannot have two keys with one id', () => {
    expect(faults({ keys: [GOOD, { ...GOOD, name: 'other' }] })).toEqual([
      'keys[1].id: must be that of no other key.',
    ]);
  });
});
