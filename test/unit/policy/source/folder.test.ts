import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readFolder } from '../../../../src/policy/source/folder.js';

const LIMIT = 1000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kkp-policy-'));
});

afterEach(() => rm(folder, { recursive: true }));

const write = async (name: string, body = ''): Promise<void> => {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), body);
};

const names = async (): Promise<string[]> => [...(await readFolder(folder, LIMIT)).keys()];

describe('the files of a policy folder', () => {
  it('are refused when they are larger than allowed together', async () => {
    await write('a.rego', 'x'.repeat(500));
    await write('b/data.json', 'x'.repeat(500));
    expect(await names()).toHaveLength(2);
    await write('c.rego', 'x');
    await expect(names()).rejects.toThrow('larger than 1000 bytes');
  });

  it('are refused beyond 1,000', async () => {
    for (let file = 0; file < 1_000; file += 1) await write(`${file}.rego`);
    expect(await names()).toHaveLength(1_000);
    await write('deeper/one-more.rego');
    await expect(names()).rejects.toThrow('more than 1000 policy files');
  });

  it('are those that a policy is made of, from all folders, by their paths', async () => {
    for (const name of ['z.rego', 'a/b/c.rego', 'a/data.json', 'data.json', 'a_test.rego', 'a/data.yaml']) {
      await write(name);
    }
    for (const name of [
      'README.md',
      'input.json',
      'c.rego.bak',
      '.hidden.rego',
      '.git/d.rego',
      'metadata.json',
    ]) {
      await write(name);
    }
    await mkdir(join(folder, 'folder.rego'));
    expect((await names()).sort()).toEqual(
      ['a/b/c.rego', 'a/data.json', 'a/data.yaml', 'a_test.rego', 'data.json', 'z.rego'].sort(),
    );
  });

  it('may be links, as in a mounted ConfigMap, but links to folders are not followed', async () => {
    await write('..2026/policy.rego', 'package a');
    await symlink('..2026', join(folder, '..data'));
    await symlink('..data/policy.rego', join(folder, 'policy.rego'));
    await symlink('.', join(folder, 'loop'));
    const found = await readFolder(folder, LIMIT);
    expect([...found].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['policy.rego', 'package a'],
    ]);
  });
});
