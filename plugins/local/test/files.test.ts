import { jest } from '@jest/globals';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { codeOf, nodeFiles } from '../src/files.js';

let dir: string;
let sync: jest.SpiedFunction<FileHandle['sync']>;
beforeEach(async () => {
  dir = await mkdtemp(`${tmpdir()}/kkp-local-`);
  const handle = await open(dir);
  sync = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync');
  await handle.close();
});
afterEach(async () => {
  sync.mockRestore();
  await rm(dir, { recursive: true });
});

const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'none',
    (error: unknown) => codeOf(error),
  );

async function write(name: string): Promise<void> {
  const file = await nodeFiles.create(`${dir}/${name}`);
  await file.write(Buffer.from(name));
  await file.close();
}

describe('the real file system', () => {
  it('syncs a file and a directory with the call of the system', async () => {
    const file = await nodeFiles.create(`${dir}/a`);
    await file.write(Buffer.from('a'));
    expect(sync).toHaveBeenCalledTimes(0);
    await file.sync();
    expect(sync).toHaveBeenCalledTimes(1);
    await file.close();
    await nodeFiles.syncDir(dir);
    expect(sync).toHaveBeenCalledTimes(2);
  });

  it('never makes a file over another, nor a name', async () => {
    await write('a');
    await write('b');
    expect(await failure(nodeFiles.create(`${dir}/a`))).toBe('EEXIST');
    expect(await failure(nodeFiles.link(`${dir}/a`, `${dir}/b`))).toBe('EEXIST');
    expect(await failure(nodeFiles.makeDir(dir))).toBe('EEXIST');
    expect(Buffer.from((await nodeFiles.read(`${dir}/b`, 10)).bytes).toString()).toBe('b');
  });

  it('says how many bytes it took', async () => {
    const file = await nodeFiles.create(`${dir}/a`);
    expect(await file.write(Buffer.from('abc'))).toBe(3);
    await file.close();
  });

  it('reads nothing that is longer than asked, and nothing that is not there', async () => {
    await write('abc');
    expect((await nodeFiles.read(`${dir}/abc`, 3)).bytes).toHaveLength(3);
    expect(await failure(nodeFiles.read(`${dir}/abc`, 2))).toBe('EFBIG');
    expect(await failure(nodeFiles.read(`${dir}/absent`, 2))).toBe('ENOENT');
  });
});
