import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { LocalKeyStore } from '../src/key-store.js';
import { nodeFiles } from '../src/files.js';
import type { RootFile } from '../src/root.js';
import { writePassphrase, writeRootKey } from './support/root-files.js';
import { DIR, diskWithStore, PLAINTEXT, refusal, Server } from './support/sim-store.js';

let folder: string;
let dir: string;
beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/kkp-local-`);
  dir = `${folder}/store`;
});
afterEach(() => rm(folder, { recursive: true }));

const keyFile = (content?: string | Uint8Array) => writeRootKey(`${folder}/root.key`, content);

/** What making a store with this root, and then opening it, is refused with. */
async function outcome(root: RootFile): Promise<string> {
  return refusal(LocalKeyStore.create({ dir, root }));
}

describe('a root key file', () => {
  const raw = randomBytes(32);

  it('of 32 bytes and of their base64url are the same root', async () => {
    await LocalKeyStore.create({ dir, root: await keyFile(raw) });
    for (const text of [
      raw.toString('base64url'),
      `${raw.toString('base64url')}\n`,
      `${raw.toString('base64url')}\r\n`,
    ]) {
      expect(await refusal(LocalKeyStore.open({ dir, root: await keyFile(text) }))).toBe('none');
    }
  });

  it('whose last byte is a line feed is not cut', async () => {
    const root = await keyFile(Buffer.concat([raw.subarray(1), Buffer.from('\n')]));
    expect(await outcome(root)).toBe('none');
  });

  it.each([
    ['is empty', ''],
    ['has 31 bytes', raw.subarray(1)],
    ['has 33 bytes', Buffer.concat([raw, raw.subarray(0, 1)])],
    ['is hex', raw.toString('hex')],
    ['is padded base64', raw.toString('base64')],
    ['is base64url with bits to spare', `${'A'.repeat(42)}B`],
    ['is base64url within spaces', ` ${raw.toString('base64url')}`],
    ['is base64url in two lines', `${raw.toString('base64url')}\n\n`],
    ['is all zeros', Buffer.alloc(32)],
    ['is one character repeated', 'A'.repeat(43)],
  ])('that %s is refused', async (_what, content) => {
    expect(await outcome(await keyFile(content))).toBe('access-denied root-malformed');
  });

  it.each(['640', '604', '660', '644', '610', '601', '777'])('of mode %s is refused', async (mode) => {
    const root = await keyFile();
    await chmod(root.file, parseInt(mode, 8));
    expect(await outcome(root)).toBe('access-denied root-mode');
  });

  it.each(['600', '400'])('of mode %s is taken', async (mode) => {
    const root = await keyFile();
    await chmod(root.file, parseInt(mode, 8));
    expect(await outcome(root)).toBe('none');
  });

  it('is judged by what a symbolic link leads to', async () => {
    const { file } = await keyFile();
    const link = `${folder}/link`;
    await symlink(file, link);
    expect(await outcome({ kind: 'key', file: link })).toBe('none');
    await chmod(file, 0o644);
    expect(await refusal(LocalKeyStore.open({ dir, root: { kind: 'key', file: link } }))).toBe(
      'access-denied root-mode',
    );
  });

  it('that is missing, a directory, a named pipe or far too long is refused', async () => {
    await mkdir(`${folder}/dir`, { mode: 0o700 });
    spawnSync('mkfifo', ['-m', '600', `${folder}/pipe`]);
    await writeFile(`${folder}/long`, Buffer.alloc(5000), { mode: 0o600 });
    expect(await outcome({ kind: 'key', file: `${folder}/absent` })).toBe('unavailable ENOENT');
    expect(await outcome({ kind: 'key', file: `${folder}/dir` })).toBe('unavailable EINVAL');
    expect(await outcome({ kind: 'key', file: `${folder}/pipe` })).toBe('unavailable EINVAL');
    expect(await outcome({ kind: 'key', file: `${folder}/long` })).toBe('unavailable EFBIG');
  });

  it('of another key opens nothing', async () => {
    await LocalKeyStore.create({ dir, root: await keyFile() });
    expect(await refusal(LocalKeyStore.open({ dir, root: await keyFile() }))).toBe(
      'access-denied wrong-root',
    );
  });
});

describe('a passphrase', () => {
  const phrase = (text?: string) => writePassphrase(`${folder}/passphrase`, text);

  it('opens what it sealed, whether or not its line has an end, and no other does', async () => {
    const store = await LocalKeyStore.create({ dir, root: await phrase() });
    await store.createKey('orders');
    const server = await Server.open(nodeFiles, {
      dir,
      root: await phrase('correct horse battery staple\n'),
    });
    expect((await server.unwrap(await server.wrap())).plaintext).toEqual(PLAINTEXT);
    expect(
      await refusal(LocalKeyStore.open({ dir, root: await phrase('correct horse battery stapl') })),
    ).toBe('access-denied wrong-root');
    expect(await refusal(LocalKeyStore.open({ dir, root: await keyFile() }))).toBe('access-denied root-kind');
  });

  it.each([
    ['is short', 'fifteen letters'],
    ['is empty', ''],
    ['has two lines', 'correct horse\nbattery staple'],
    ['is too long', 'x'.repeat(1025)],
  ])('that %s is refused', async (_what, text) => {
    expect(await outcome(await phrase(text))).toBe('access-denied root-malformed');
  });

  it('does not open a store of a root key', async () => {
    await LocalKeyStore.create({ dir, root: await keyFile() });
    expect(await refusal(LocalKeyStore.open({ dir, root: await phrase() }))).toBe('access-denied root-kind');
  });

  it.each([
    ['little', { logN: 16 }],
    ['much', { logN: 20 }],
    ['much memory', { r: 9 }],
    ['much time', { p: 5 }],
    ['no number', { logN: '17' }],
    ['a fraction', { p: 1.5 }],
  ])('is not derived with a cost of %s that the store asks for', async (_what, cost) => {
    const disk = await diskWithStore();
    disk.put('/passphrase', Buffer.from('correct horse battery staple'));
    const root = { kind: 'passphrase', logN: 17, r: 8, p: 1, salt: 'AAAAAAAAAAAAAAAAAAAAAA', ...cost };
    const header = JSON.parse(disk.bytesOf(`${DIR}/kkp.store.1`).toString()) as object;
    disk.put(`${DIR}/kkp.store.1`, Buffer.from(JSON.stringify({ ...header, root })));
    const opened = Server.open(disk.process(), { root: { kind: 'passphrase', file: '/passphrase' } });
    expect(await refusal(opened)).toBe('unavailable store-damaged');
  });
});

describe('a new root', () => {
  it('opens the store with all its keys, also where it is a passphrase, and the old one does not', async () => {
    const old = await keyFile();
    const store = await LocalKeyStore.create({ dir, root: old });
    await store.createKey('orders');
    const running = await Server.open(nodeFiles, { dir, root: old });
    const blob = await running.wrap();
    const next = await writePassphrase(`${folder}/passphrase`);
    await store.changeRoot(next);
    const server = await Server.open(nodeFiles, { dir, root: next });
    expect((await server.unwrap(blob)).plaintext).toEqual(PLAINTEXT);
    expect((await running.unwrap(blob)).plaintext).toEqual(PLAINTEXT);
    expect(await refusal(LocalKeyStore.open({ dir, root: old }))).toBe('access-denied root-kind');
  });

  it('that is not fit changes nothing', async () => {
    const root = await keyFile();
    const store = await LocalKeyStore.create({ dir, root });
    const bad = await writeRootKey(`${folder}/bad.key`, 'short');
    expect(await refusal(store.changeRoot(bad))).toBe('access-denied root-malformed');
    expect(await refusal(LocalKeyStore.open({ dir, root }))).toBe('none');
  });
});

describe('the directory of a store', () => {
  it.each(['720', '702', '777', '770'])('of mode %s is refused', async (mode) => {
    const root = await keyFile();
    await LocalKeyStore.create({ dir, root });
    await chmod(dir, parseInt(mode, 8));
    expect(await refusal(LocalKeyStore.open({ dir, root }))).toBe('access-denied dir-mode');
  });

  it('that was there already must not be open to others either', async () => {
    await mkdir(dir);
    await chmod(dir, 0o777);
    expect(await outcome(await keyFile())).toBe('access-denied dir-mode');
  });

  it('that is none, or has no store, is refused', async () => {
    const root = await keyFile();
    expect(await refusal(LocalKeyStore.open({ dir, root }))).toBe('unavailable ENOENT');
    await writeFile(dir, 'a file');
    expect(await refusal(LocalKeyStore.open({ dir, root }))).toBe('unavailable ENOTDIR');
    await rm(dir);
    await mkdir(dir, { mode: 0o700 });
    expect(await refusal(LocalKeyStore.open({ dir, root }))).toBe('unavailable no-store');
  });

  it('and the files in it are for their owner only', async () => {
    const store = await LocalKeyStore.create({ dir, root: await keyFile() });
    await store.createKey('orders');
    expect(await nodeFiles.modeOfDir(dir)).toBe(0o700);
    for (const name of await nodeFiles.list(dir)) {
      expect((await nodeFiles.read(`${dir}/${name}`, 1000)).mode).toBe(0o600);
    }
  });

  it('holds one store only', async () => {
    const root = await keyFile();
    await LocalKeyStore.create({ dir, root });
    expect(await outcome(root)).toBe('invalid-request store-exists');
  });
});
