import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPolicySources } from '../../../../src/policy/source/sources.js';

const LIMIT = 100;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kkp-policy-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, body);
  return path;
}

describe('the sources of a policy', () => {
  it.each([
    ['a file that is not there', 'absent.rego', 'ENOENT'],
    ['a file that is no Rego', 'other.txt', 'no .rego file'],
    ['a file larger than allowed', 'large.rego', 'has 101 bytes; 100 are allowed'],
  ])('are refused with %s', async (_, name, text) => {
    await write('other.txt', 'package a');
    await write('large.rego', 'x'.repeat(101));
    await expect(readPolicySources(join(folder, name), LIMIT)).rejects.toThrow(text);
  });

  it('are refused when the tests of a file are larger than allowed', async () => {
    const path = await write('one.rego', 'package a');
    await write('one_test.rego', 'x'.repeat(101));
    await expect(readPolicySources(path, LIMIT)).rejects.toThrow('has 101 bytes');
  });

  it('are one file and its tests, and no other', async () => {
    const path = await write('one.rego', 'package a');
    const tests = await write('one_test.rego', 'package a_test');
    await write('two.rego', 'package b');
    await write('data.json', '{"x":1}');
    const { files, data } = await readPolicySources(path, LIMIT);
    expect(files).toEqual({ [path]: 'package a', [tests]: 'package a_test' });
    expect({ ...data }).toEqual({});
  });

  it('are one file where it has no tests', async () => {
    const path = await write('one.rego', 'package a');
    expect((await readPolicySources(path, LIMIT)).files).toEqual({ [path]: 'package a' });
  });

  it('are all of a folder, with its data', async () => {
    const one = await write('one.rego', 'package a');
    const tests = await write('one_test.rego', 'package a_test');
    await write('data.json', '{"x":1}');
    const { files, data } = await readPolicySources(folder, LIMIT);
    expect(files).toEqual({ [one]: 'package a', [tests]: 'package a_test' });
    expect({ ...data }).toEqual({ x: 1 });
  });
});
