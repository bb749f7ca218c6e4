import { expectKeyId, isKeyId, versionOf } from '../src/key-id.js';

const KEY = 'projects/kkp-test/locations/global/keyRings/main/cryptoKeys/orders';

describe('a key id', () => {
  it.each([
    KEY,
    'projects/example.com:shop-1/locations/europe-west3/keyRings/Main_ring-2/cryptoKeys/Orders_1',
    `projects/kkp-test/locations/global/keyRings/${'r'.repeat(63)}/cryptoKeys/${'k'.repeat(63)}`,
  ])('is taken: %s', (text) => {
    expect(isKeyId(text)).toBe(true);
    expect(() => expectKeyId(text)).not.toThrow();
  });

  it.each([
    ['a plain name', 'orders'],
    ['a slash before', `/${KEY}`],
    ['a slash after', `${KEY}/`],
    ['a host before', `//cloudkms.googleapis.com/${KEY}`],
    ['a line break after', `${KEY}\n`],
    ['a project that leads up', KEY.replace('kkp-test', '..')],
    ['a location that leads up', KEY.replace('global', '..')],
    ['a key that leads up', KEY.replace('orders', '..')],
    ['an operation', `${KEY}:decrypt`],
    ['a query', `${KEY}?alt=media`],
    ['an escape', KEY.replace('orders', 'or%2fders')],
    ['a key of 64 characters', KEY.replace('orders', 'k'.repeat(64))],
    ['a ring without name', KEY.replace('main', '')],
    ['capitals in the project', KEY.replace('kkp-test', 'KKP-test')],
    ['a domain without project', KEY.replace('kkp-test', 'example.com:')],
    ['nothing', ''],
  ])('is refused: %s', (_what, text) => {
    expect(isKeyId(text)).toBe(false);
    expect(() => expectKeyId(text)).toThrow(/^That is no key id/);
  });

  it('with a version is refused, and says why', () => {
    expect(() => expectKeyId(`${KEY}/cryptoKeyVersions/3`)).toThrow(/has no version/);
  });

  it('with the number of a project is refused, and says why', () => {
    expect(() => expectKeyId(KEY.replace('kkp-test', '123456789012'))).toThrow(/two names/);
  });
});

describe('the version of an answer', () => {
  it('is the last part of the name', () => {
    expect(versionOf(KEY, `${KEY}/cryptoKeyVersions/12`)).toBe('12');
  });

  it.each([
    ['another key', `${KEY}2/cryptoKeyVersions/1`],
    ['another project', `${KEY.replace('kkp-test', 'kkp-tess')}/cryptoKeyVersions/1`],
    ['the key without version', KEY],
    ['an empty version', `${KEY}/cryptoKeyVersions/`],
    ['version 0', `${KEY}/cryptoKeyVersions/0`],
    ['a version with a path', `${KEY}/cryptoKeyVersions/1/..`],
    ['a version that is no number', `${KEY}/cryptoKeyVersions/1a`],
    ['a name that is no text', 7],
    ['nothing', undefined],
  ])('is not taken from %s', (_what, name) => {
    expect(versionOf(KEY, name)).toBeUndefined();
  });
});
