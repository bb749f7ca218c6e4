import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { run } from '../src/cli.js';
import { nodeFiles } from '../src/files.js';
import { writePassphrase, writeRootKey } from './support/root-files.js';
import { PLAINTEXT, Server } from './support/sim-store.js';

let folder: string;
let dir: string;
let rootKey: string;
beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/kkp-local-`);
  dir = `${folder}/store`;
  rootKey = (await writeRootKey(`${folder}/root.key`)).file;
});
afterEach(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function command(...args: readonly string[]): Promise<Outcome> {
  const printed = { out: '', err: '' };
  const status = await run(args, {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
  });
  return { status, ...printed };
}

const onStore = (...args: readonly string[]) => command(...args, '--dir', dir, '--root-key-file', rootKey);

async function withKey(): Promise<void> {
  for (const args of [['init'], ['create', 'orders']])
    expect(await onStore(...args)).toMatchObject({ status: 0 });
}

describe('the command line', () => {
  it('makes a store and a key that a server uses, and rotates it below that server', async () => {
    await withKey();
    const server = await Server.open(nodeFiles, { dir, root: { kind: 'key', file: rootKey } });
    const old = await server.wrap();
    expect((await onStore('rotate', 'orders')).out).toBe('Version 2 of key orders wraps from now on.');
    expect((await server.wrap()).key.version).toBe('2');
    expect((await server.unwrap(old)).plaintext).toEqual(PLAINTEXT);
  });

  it('lists the keys, as a table and as JSON without any material', async () => {
    await withKey();
    await onStore('rotate', 'orders');
    await onStore('create', 'a');
    await onStore('disable', 'orders');
    await onStore('min-version', 'orders', '--version', '2');
    const { out } = await onStore('list');
    expect(out.split('\n').map((line) => line.replace(/\S+Z$/, 'TIME'))).toEqual([
      'KEY     STATE     LATEST  MIN  VERSIONS  ROTATED',
      'a       enabled   1       1    1         TIME',
      'orders  disabled  2       2    1,2       TIME',
    ]);
    const json: unknown = JSON.parse((await onStore('list', '--json')).out);
    expect(json).toEqual([
      {
        name: 'a',
        state: 'enabled',
        latest: 1,
        minVersion: 1,
        versions: [{ version: 1, createdAt: expect.any(Number) }],
      },
      expect.objectContaining({ name: 'orders', versions: [expect.anything(), expect.anything()] }),
    ]);
  });

  it('disables a key and enables it again', async () => {
    await withKey();
    await onStore('disable', 'orders');
    expect((await onStore('list')).out).toContain('disabled');
    await onStore('enable', 'orders');
    expect((await onStore('list')).out).toContain('enabled');
  });

  it('destroys only what is confirmed', async () => {
    await withKey();
    await onStore('rotate', 'orders');
    expect(await onStore('destroy', 'orders')).toMatchObject({
      status: 2,
      err: expect.stringContaining('--yes'),
    });
    expect((await onStore('destroy', 'orders', '--version', '1', '--yes')).status).toBe(0);
    expect((await onStore('list')).out).toMatch(/orders +enabled +2 +1 +2 /);
    expect((await onStore('destroy', 'orders', '--yes')).status).toBe(0);
    expect((await onStore('list')).out).toMatch(/orders +destroyed +2 +1 +- +-/);
  });

  it('changes the root', async () => {
    await withKey();
    const { file } = await writePassphrase(`${folder}/passphrase`);
    expect((await onStore('change-root', '--new-passphrase-file', file)).status).toBe(0);
    expect((await onStore('list')).status).toBe(1);
    expect((await command('list', '--dir', dir, '--passphrase-file', file)).out).toContain('orders');
  });

  it.each([
    ['nothing', []],
    ['an unknown command', ['frobnicate']],
    ['a member of every object', ['constructor']],
    ['an unknown flag', ['list', '--force']],
    ['no key', ['rotate']],
    ['two keys', ['rotate', 'a', 'b']],
    ['a key where there is none', ['list', 'orders']],
    ['no least version', ['min-version', 'orders']],
    ['a version that is no number', ['min-version', 'orders', '--version', '1e1']],
    ['version 0', ['destroy', 'orders', '--version', '0', '--yes']],
    ['no new root', ['change-root']],
  ])('says how it is used when it is given %s, and changes nothing', async (_what, args) => {
    await withKey();
    const before = await onStore('list', '--json');
    const { status, out, err } = await onStore(...args);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).not.toBe('');
    expect(await onStore('list', '--json')).toEqual(before);
  });

  it('names the flags that are missing', async () => {
    const { status, err } = await command('list');
    expect(status).toBe(2);
    expect(err).toMatch(
      /--dir: must be a path\.\n--root-key-file: give either root-key-file or passphrase-file\./,
    );
    expect((await onStore('change-root')).err).toContain('--new-root-key-file: give either');
  });

  it.each([
    ['a key that is there', ['create', 'orders'], 'key-exists'],
    ['a key that is not there', ['rotate', 'invoices'], 'no-such-key'],
    ['a name that cannot be', ['create', 'Orders'], 'malformed-key-id'],
    ['a store that is there', ['init'], 'store-exists'],
  ])('is refused by the store for %s', async (_what, args, fault) => {
    await withKey();
    expect(await onStore(...args)).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringContaining(`(${fault})`),
    });
  });

  it('prints its use when it is asked to', async () => {
    expect(await command('--help')).toMatchObject({ status: 0, out: expect.stringContaining('change-root') });
  });
});
