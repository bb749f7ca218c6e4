import { jest } from '@jest/globals';
import { loadAuthenticators, type Authenticator } from '../../../src/callers/index.js';
import type { ConfigError } from '../../../src/config-error.js';
import type { ImportPackage } from '../../../src/import-package.js';
import { requestWith } from '../../support/issuer.js';

const somebody = { kind: 'card', id: 'bob', scopes: [], attributes: {} };
const card = (): Authenticator => ({ authenticate: () => Promise.resolve(somebody) });
const found: ImportPackage = () => Promise.resolve({ default: card });
const JWT = { kind: 'jwt', issuer: 'https://idp.example', audience: 'kkp' };

const faultsOf = (entries: unknown[], load = found): Promise<readonly string[]> =>
  loadAuthenticators(entries, load).then(
    () => [],
    (error: unknown) => (error as ConfigError).faults,
  );

describe('loadAuthenticators', () => {
  it('makes authenticators of entries, built-in ones without a package', async () => {
    const load = jest.fn(found);
    const made = await loadAuthenticators(
      [
        JWT,
        { kind: 'kubernetes', issuer: 'https://cluster.local', audience: 'kkp' },
        { kind: 'spiffe', trustDomain: 'prod', audience: 'kkp', bundleFile: '/b' },
        { kind: 'kkp-authenticator-card', reader: 1 },
        { kind: '@acme/kkp-authenticator-card' },
      ],
      load,
    );
    expect(made).toHaveLength(5);
    expect(load.mock.calls).toEqual([['kkp-authenticator-card'], ['@acme/kkp-authenticator-card']]);
    expect(await made[3]?.authenticate(requestWith())).toBe(somebody);
  });

  it('hands a package its options, and not its kind', async () => {
    const factory = jest.fn(card);
    await loadAuthenticators([{ kind: 'kkp-authenticator-card', reader: 1 }], () =>
      Promise.resolve({ default: factory }),
    );
    expect(factory).toHaveBeenCalledWith({ reader: 1 });
  });

  it('makes none of none', async () => {
    expect(await loadAuthenticators([])).toEqual([]);
  });

  it.each([
    'JWT',
    'oidc',
    'kkp-authenticator-',
    'kkp-authenticator-A',
    'kkp-authenticator-a/b',
    'kkp-plugin-memory',
    'my-kkp-authenticator-a',
    '@acme/authenticator',
    '@../kkp-authenticator-a',
    './kkp-authenticator-a',
    '/tmp/kkp-authenticator-a',
    'file:///tmp/kkp-authenticator-a',
    'https://example.com/kkp-authenticator-a',
    'data:text/javascript,kkp-authenticator-a',
    'kkp-authenticator-a\n',
    'node:fs',
    'constructor',
    '__proto__',
    '',
  ])('does not import %j', async (kind) => {
    const load = jest.fn(found);
    const [fault, ...others] = await faultsOf([{ kind }], load);
    expect(fault).toMatch(
      /^KKP_CONFIG file, callers\[0\]\.kind: got (text|an empty value)\. Allowed: .*"jwt", "kubernetes", .*"kkp-authenticator-\*"/,
    );
    expect(others).toEqual([]);
    expect(load).not.toHaveBeenCalled();
  });

  it.each<[string, ImportPackage, RegExp]>([
    [
      'is not installed',
      (name) =>
        Promise.reject(
          Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' }),
        ),
      /callers\[0\]: package kkp-authenticator-x is not installed: npm install kkp-authenticator-x/,
    ],
    ['throws as it loads', () => Promise.reject(new Error('boom')), /failed to load: boom/],
    ['has no default export', () => Promise.resolve({}), /no authenticator: its default export is not/],
    [
      'makes nothing',
      () => Promise.resolve({ default: () => undefined }),
      /the method authenticate is missing/,
    ],
    [
      'makes something else',
      () => Promise.resolve({ default: () => ({}) }),
      /the method authenticate is missing/,
    ],
    [
      'refuses its options',
      () =>
        Promise.resolve({
          default: () => {
            throw new Error('reader: must be a number.');
          },
        }),
      /callers\[0\]: reader: must be a number\./,
    ],
  ])('says so when a package %s', async (_what, load, message) => {
    expect(await faultsOf([{ kind: 'kkp-authenticator-x' }], load)).toEqual([expect.stringMatching(message)]);
  });

  it('tells the faults of all entries at once, and no value', async () => {
    const faults = await faultsOf([
      5,
      { ...JWT, issuer: 'hunter2', clockSkewSeconds: 99 },
      JWT,
      { kind: 'spiffe', audience: 'kkp', secret: 'hunter2' },
      {},
    ]);
    expect(faults).toEqual([
      expect.stringMatching(/callers\[0\]: got a number\. Allowed: an object with "kind"/),
      expect.stringMatching(/callers\[1\]\.clockSkewSeconds: must be a whole number from 0 to 60/),
      expect.stringMatching(/^KKP_CONFIG file, callers\[1\]\.issuer: must be an https URL/),
      expect.stringMatching(/callers\[3\]\.bundleUrl: must be there/),
      expect.stringMatching(/callers\[3\]\.trustDomain: must be/),
      expect.stringMatching(/callers\[3\]\.secret: is unknown/),
      expect.stringMatching(/callers\[4\]\.kind: got nothing/),
    ]);
    expect(faults.join()).not.toContain('hunter2');
  });

  it('refuses a second entry for the credentials of one issuer or trust domain', async () => {
    const svid = { kind: 'spiffe', trustDomain: 'prod', audience: 'kkp', bundleFile: '/b' };
    const cluster = { ...JWT, kind: 'kubernetes' };
    expect(await faultsOf([JWT, svid, cluster, { ...JWT, issuer: 'https://b.example' }, svid])).toEqual([
      'KKP_CONFIG file, callers[2].issuer: the same as callers[0].issuer. Allowed: one that no other entry has.',
      'KKP_CONFIG file, callers[4].trustDomain: the same as callers[1].trustDomain. Allowed: one that no other entry has.',
    ]);
  });

  it.each([
    { kind: 'api_key', keys: [] },
    { kind: 'mtls', idFrom: 'cn' },
  ])('refuses a second entry of the kind of %j', async (entry) => {
    expect(await faultsOf([JWT, entry, entry])).toEqual([
      'KKP_CONFIG file, callers[2].kind: the same as callers[1].kind. Allowed: one that no other entry has.',
    ]);
  });

  it('tells an issuer from a trust domain of the same name', async () => {
    const svid = { kind: 'spiffe', trustDomain: 'prod', audience: 'kkp', bundleFile: '/b' };
    expect(await faultsOf([{ ...JWT, issuer: 'prod', jwksFile: '/b' }, svid])).toEqual([]);
  });

  it('says that nothing is no entry', async () => {
    expect(await faultsOf([null, JWT])).toEqual([expect.stringMatching(/callers\[0\]: got /)]);
  });

  it('lets packages have options of the same name', async () => {
    const entry = { kind: 'kkp-authenticator-card', issuer: 'https://idp.example' };
    expect(await faultsOf([JWT, entry, entry])).toEqual([]);
  });
});
