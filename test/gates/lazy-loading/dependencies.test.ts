import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installedWith, optionalPeers, type Lock, type Needs } from './dependencies.js';
import { SDK } from './loaded.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(ROOT + path, 'utf8'));
const lock = (read('package-lock.json') as { packages: Lock }).packages;
const plugins = readdirSync(`${ROOT}plugins`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'kit')
  .map(({ name }) => name);

const sdksOf = (packages: Lock) => [...installedWith(packages)].filter((name) => SDK.test(name));

describe.each(plugins)('the package of plugins/%s', (plugin) => {
  const needs = read(`plugins/${plugin}/package.json`) as Needs;

  it('has the kit for a peer, and every other package for an optional peer', () => {
    expect(needs.dependencies).toBeUndefined();
    expect(needs.optionalDependencies).toBeUndefined();
    const peers = Object.keys(needs.peerDependencies ?? {});
    expect(peers.filter((name) => !optionalPeers(needs).includes(name))).toEqual(['kkp-plugin-kit']);
  });
});

describe('npm install keyless-kms-proxy', () => {
  it('brings every plugin that comes with it, and no SDK of a cloud', () => {
    const installed = installedWith(lock);
    expect([...installed]).toEqual(
      expect.arrayContaining(['fastify', 'kkp-plugin-kit', 'kkp-plugin-memory']),
    );
    expect(sdksOf(lock)).toEqual([]);
  });

  it.each<[string, string, Needs]>([
    ['a dependency of the root', '', { dependencies: { '@aws-sdk/client-kms': '*' } }],
    ['a dependency of a plugin', 'plugins/aws', { dependencies: { '@aws-sdk/client-kms': '*' } }],
    ['a peer that is not optional', 'plugins/aws', { peerDependencies: { '@aws-sdk/client-kms': '*' } }],
    ['a dependency of a dependency', 'node_modules/fastify', { dependencies: { '@azure/identity': '*' } }],
  ])('would bring one with %s', (_what, place, more) => {
    const before = lock[place]!;
    const needs = { ...before, dependencies: { ...before.dependencies, ...more.dependencies } };
    const peers = more.peerDependencies ? { ...more, peerDependenciesMeta: {} } : {};
    expect(sdksOf({ ...lock, [place]: { ...needs, ...peers } })).not.toEqual([]);
  });
});
