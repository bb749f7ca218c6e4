import { gunzipSync, gzipSync } from 'node:zlib';
import { readBundle } from '../../../../src/policy/source/bundle.js';
import { files, makeBundle, type Entry } from '../../../support/policy/bundles.js';

const LIMIT = 1024 * 1024;

const read = async (entries: readonly Entry[], limit = LIMIT): Promise<Record<string, string>> => {
  const found = await readBundle(await makeBundle(entries), limit);
  return Object.fromEntries([...found].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]));
};

describe('a bundle', () => {
  it.each<[string, Entry[], string]>([
    ['a symbolic link', [{ name: '/policy.wasm', type: 'symlink', linkname: '/etc/passwd' }], 'symlink'],
    ['a hard link', [{ name: 'data.json', type: 'link', linkname: 'policy.wasm' }], 'link'],
    ['a device', [{ name: 'data.json', type: 'character-device' }], 'character-device'],
    ['a pipe', [{ name: 'data.json', type: 'fifo' }], 'fifo'],
    ['a name that climbs', files({ '../policy.wasm': 'x' }), '"../policy.wasm"'],
    ['a name that climbs from the root', files({ '/../policy.wasm': 'x' }), '"/../policy.wasm"'],
    ['a name that climbs inside', files({ 'a/../policy.wasm': 'x' }), '"a/../policy.wasm"'],
    ['a name that ends with a climb', files({ 'a/..': 'x' }), '"a/.."'],
    ['a name with an empty part', files({ 'a//data.json': 'x' }), '"a//data.json"'],
    ['a name with a dot for a part', files({ 'a/./data.json': 'x' }), '"a/./data.json"'],
    ['a name with a backslash', files({ 'a\\data.json': 'x' }), '"a\\\\data.json"'],
    ['a file without a name', files({ '/': 'x' }), '"/"'],
    ['one name twice', [...files({ 'data.json': '1' }), ...files({ 'data.json': '2' })], 'data.json twice'],
    ['one name in two spellings', files({ '/data.json': '1', 'data.json': '2' }), 'data.json twice'],
    ['one name in two other spellings', files({ './data.json': '1', 'data.json': '2' }), 'data.json twice'],
  ])('is refused with %s', async (_, entries, text) => {
    await expect(read([...files({ 'first.rego': 'package a' }), ...entries])).rejects.toThrow(text);
  });

  it('is refused when it is not gzip', async () => {
    await expect(readBundle(Buffer.from('not gzip'), LIMIT)).rejects.toThrow('the bundle is not gzip');
  });

  it('is refused when gzip holds no tar', async () => {
    await expect(readBundle(gzipSync(Buffer.alloc(1024, 'x')), LIMIT)).rejects.toThrow();
  });

  it.each([1, 100, 600, 1100])(
    'is refused when the last %i bytes of its tar are missing',
    async (missing) => {
      const tar = gunzipSync(await makeBundle(files({ 'data.json': 'x'.repeat(1000) })));
      await expect(readBundle(gzipSync(tar.subarray(0, 1536 - missing)), LIMIT)).rejects.toThrow(
        'Unexpected end',
      );
    },
  );

  it('is refused when its gzip is cut', async () => {
    const whole = await makeBundle(files({ 'data.json': '{}' }));
    await expect(readBundle(whole.subarray(0, whole.length - 9), LIMIT)).rejects.toThrow('not gzip');
  });

  it('is refused when it unpacks to more than allowed, however small it is', async () => {
    const bomb = await makeBundle(files({ 'data.json': Buffer.alloc(8 * LIMIT) }));
    expect(bomb.length).toBeLessThan(16_384);
    await expect(readBundle(bomb, LIMIT)).rejects.toThrow(`larger than ${LIMIT} bytes when unpacked`);
  });

  it('is refused beyond 1,000 entries, folders counted', async () => {
    const many = Array.from({ length: 1_000 }, (_, index): Entry => ({
      name: `d${index}`,
      type: 'directory',
    }));
    await expect(read(many)).resolves.toEqual({});
    await expect(read([...many, ...files({ 'data.json': '{}' })], 4 * LIMIT)).rejects.toThrow(
      'more than 1000 entries',
    );
  });

  it('gives its files, whatever their names begin with', async () => {
    const entries: Entry[] = [
      { name: './', type: 'directory' },
      ...files({ '/policy.wasm': 'module', './data.json': '{}', 'a/b/data.json': '', '/.manifest': 'm' }),
      { name: '/a/', type: 'directory' },
    ];
    expect(await read(entries)).toEqual({
      'policy.wasm': 'module',
      'data.json': '{}',
      'a/b/data.json': '',
      '.manifest': 'm',
    });
  });
});
