import { jest } from '@jest/globals';
import type { getJson } from '../../../src/callers/jwt/get-json.js';
import type { KeyLocation } from '../../../src/callers/jwt/key-sources.js';

const DISCOVERY = '/.well-known/openid-configuration';
const KEYS = { keys: [] };

const get = jest.fn<typeof getJson>();
jest.unstable_mockModule('../../../src/callers/jwt/get-json.js', () => ({ getJson: get }));
const { loadKeySet } = await import('../../../src/callers/jwt/key-sources.js');

const { signal } = new AbortController();
const load = (location: KeyLocation) => loadKeySet(location, {}, signal);
const asked = (): string[] => get.mock.calls.map(([url]) => url.href);
/** Discovers keys at `jwks_uri`. */
const discover = (issuer: string, jwks_uri: unknown, says: unknown = issuer) => {
  get.mockResolvedValueOnce({ issuer: says, jwks_uri }).mockResolvedValueOnce(KEYS);
  return load({ from: 'issuer', issuer });
};
beforeEach(() => get.mockReset());

describe('the keys of an issuer', () => {
  it.each(['https://idp.example', 'https://idp.example/', 'https://idp.example/tenant'])(
    'are where its document says: %s',
    async (issuer) => {
      expect(await discover(issuer, 'https://keys.example/jwks')).toEqual(KEYS);
      expect(asked()).toEqual([issuer.replace(/\/$/, '') + DISCOVERY, 'https://keys.example/jwks']);
    },
  );

  it('may be on this machine when the issuer is', async () => {
    expect(await discover('http://localhost:1', 'http://127.0.0.1:2/jwks')).toEqual(KEYS);
  });

  it.each<[string, unknown]>([
    ['over http', 'http://keys.example/jwks'],
    ['on this machine, where the issuer is not', 'https://127.0.0.1/jwks'],
    ['on this machine by its name', 'http://localhost/jwks'],
    ['with a password', 'https://u:p@keys.example/jwks'],
    ['with a query', 'https://keys.example/jwks?a'],
    ['in a file', 'file:///etc/passwd'],
    ['in a list', ['https://keys.example/jwks']],
    ['nowhere', undefined],
  ])('are not looked for %s', async (_where, url) => {
    await expect(discover('https://idp.example', url)).rejects.toThrow('jwks_uri is not accepted');
    expect(asked()).toHaveLength(1);
  });

  it.each(['https://idp.example/', 'https://IDP.example', null, ['https://idp.example']])(
    'are not looked for by the document of %j',
    async (says) => {
      const discovering = discover('https://idp.example', 'https://keys.example/jwks', says);
      await expect(discovering).rejects.toThrow('of another issuer');
      expect(asked()).toHaveLength(1);
    },
  );

  it.each([['/dev/null'], ['/nowhere/jwks.json']])('are not in the file %s', async (path) => {
    await expect(load({ from: 'file', path })).rejects.toThrow(/not one JSON object|ENOENT/);
  });
});
