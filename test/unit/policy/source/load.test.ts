import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compilePolicy } from '../../../../src/policy/compiler/index.js';
import type { DecryptInput, PolicyInput } from '../../../../src/policy/input.js';
import { PolicyLoadError } from '../../../../src/policy/load-error.js';
import { loadPolicy, type PolicyOptions } from '../../../../src/policy/source/load.js';
import { files, makeBundle, type Entry } from '../../../support/policy/bundles.js';
import { inputWith } from '../../../support/policy/cases.js';

/** Allows the key ids that data lists, and reads the clock. */
const REGO = `package kkp.authz

allow if {
	time.now_ns() > 0
	input.request.key_id in data.lists.keys
}
`;
const DATA = '{"lists":{"keys":["alias/app"]}}';
const OTHER_DATA = '{"lists":{"keys":["alias/other"]}}';
const SHIPPED = new URL('../../../../policy/kkp.wasm', import.meta.url);
const clock = { now: () => 1_700_000_000_000 };

let folder: string;
let wasm: Uint8Array;
let withForeignBuiltins: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kkp-policy-'));
  ({ wasm } = await compilePolicy({ files: { 'policy.rego': REGO } }));
  ({ wasm: withForeignBuiltins } = await compilePolicy({
    files: {
      'policy.rego':
        'package kkp.authz\nallow if crypto.sha256(input.a) == opa.runtime().b\nallow if time.now_ns() > 0',
    },
    hostBuiltins: ['crypto.sha256', 'opa.runtime', 'time.now_ns'],
  }));
});

afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, body: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, body);
  return path;
}

const load = (path: string, options: PolicyOptions = {}) => loadPolicy({ path, ...options }, clock);
const allows = async (path: string): Promise<boolean> => (await load(path)).decide(inputWith({})).allowed;

const bundle = async (name: string, entries: readonly Entry[]): Promise<string> =>
  write(name, await makeBundle(entries));

describe('a policy that cannot be loaded', () => {
  const failure = async (path: string, options: PolicyOptions = {}): Promise<Error> => {
    const outcome = await load(path, options).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(PolicyLoadError);
    expect((outcome as Error).message).toContain(path);
    return outcome as Error;
  };

  it('is named, with the reason, when there is no such file', async () => {
    expect((await failure(join(folder, 'absent.rego'))).message).toMatch(/ENOENT/);
  });

  it('is told what is allowed when it is something else', async () => {
    const path = await write('policy.json', '{}');
    expect((await failure(path)).message).toMatch(/\.rego .* folder .* \.wasm .* \.tar\.gz/);
  });

  it('is told OPA’s message, file and line', async () => {
    const path = await write('broken/nested/bad.rego', 'package kkp.authz\n\nallow if {');
    expect((await failure(join(folder, 'broken'))).message).toMatch(
      new RegExp(`${path}:3: rego_parse_error: .*eof`, 's'),
    );
  });

  it('is told the line of a builtin that is missing, when it is Rego', async () => {
    const path = await write('http.rego', 'package kkp.authz\n\nallow if http.send({"url": input.url})');
    expect((await failure(path)).message).toMatch(/http\.rego:3: .*http\.send/);
  });

  it('is told the names of the builtins that are missing, and which are there, when it is a module', async () => {
    const { message } = await failure(await write('foreign.wasm', withForeignBuiltins));
    expect(message).toMatch(/does not supply: crypto\.sha256, opa\.runtime;/);
    expect(message).toMatch(/time\.now_ns/);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['text', 'not wasm', /magic|wasm/i],
    ['nothing', '', /BufferSource|length|magic|wasm/i],
    // An empty module: valid WebAssembly, and no policy.
    ['another module', Buffer.from('0061736d01000000', 'hex'), /not a policy that OPA compiled/],
  ])('is refused when its module is %s', async (name, body, text) => {
    expect((await failure(await write(`${name}.wasm`, body))).message).toMatch(text);
  });

  it('is told the entry points that there are', async () => {
    const path = await write('entry.wasm', wasm);
    const { message } = await failure(path, { entrypoint: 'kkp/authz/permit' });
    expect(message).toMatch(/kkp\/authz\/permit is missing; there is kkp\/authz\/allow/);
  });

  it('is refused when its data does not fit into its memory', async () => {
    const entries = files({ 'policy.wasm': wasm, 'data.json': JSON.stringify({ x: 'y'.repeat(1_000_000) }) });
    const path = await bundle('large-data.tar.gz', entries);
    expect((await failure(path, { maxMemoryBytes: 1024 * 1024 })).message).toMatch(/opa_malloc: failed/);
    await load(path, { maxMemoryBytes: 8 * 1024 * 1024 });
  });

  it('is refused when its data has an ill-formed string', async () => {
    const path = await bundle('ill.tar.gz', files({ 'policy.wasm': wasm, 'data.json': '{"a":"\\ud800"}' }));
    expect((await failure(path)).message).toMatch(/illegal string/);
  });

  it.each(['rego', 'wasm', 'tar.gz'])('is refused when its .%s is larger than allowed', async (ending) => {
    const path = await write(`large.${ending}`, Buffer.alloc(1001));
    expect((await failure(path, { maxSourceBytes: 1000 })).message).toMatch(
      /has 1001 bytes; 1000 are allowed/,
    );
  });

  it('is refused when a bundle unpacks to more than allowed', async () => {
    const path = await bundle(
      'bomb.tar.gz',
      files({ 'policy.wasm': wasm, 'x.bin': Buffer.alloc(2_000_000) }),
    );
    expect((await failure(path, { maxUnpackedBytes: 1_000_000 })).message).toMatch(
      /1000000 bytes when unpacked/,
    );
  });

  it.each<[string, Record<string, string>]>([
    ['an empty bundle', {}],
    ['a bundle with data alone', { 'data.json': DATA }],
  ])('is refused when it is %s', async (name, contents) => {
    expect((await failure(await bundle(`${name}.tar.gz`, files(contents)))).message).toMatch(
      /no \.rego file/,
    );
  });

  it('is refused when its folder has no Rego', async () => {
    await write('no-rego/data.json', DATA);
    expect((await failure(join(folder, 'no-rego'))).message).toMatch(/no \.rego file/);
  });

  it('is refused when its Rego is not UTF-8', async () => {
    const path = await write('latin.rego', Buffer.from('package kkp.authz # \xe4', 'latin1'));
    expect((await failure(path)).message).toMatch(/latin\.rego is not UTF-8/);
  });

  it('is refused when it does not have the decision', async () => {
    const path = await write('other.rego', 'package other\nallow := true');
    expect((await failure(path)).message).toMatch(/kkp\/authz\/allow/);
  });
});

describe('a policy', () => {
  it('may be a .rego file', async () => {
    const path = await write('one.rego', REGO.replace('data.lists.keys', '{"alias/app"}'));
    await write('one_test.rego', 'a test that is not Rego');
    expect(await allows(path)).toBe(true);
  });

  it('may be a folder of .rego with data, its tests left out', async () => {
    await write('whole/rules/policy.rego', REGO);
    await write('whole/rules/policy_test.rego', 'package kkp.authz_test\n\ntest_no if http.send({}) == 1');
    const data = await write('whole/lists/data.json', '{"keys":["alias/app"]}');
    expect(await allows(join(folder, 'whole'))).toBe(true);
    await writeFile(data, '{"keys":[]}');
    expect(await allows(join(folder, 'whole'))).toBe(false);
  });

  it('may be a module, which has no data', async () => {
    expect(await allows(await write('policy.wasm', wasm))).toBe(false);
  });

  it('may be a bundle as OPA builds it', async () => {
    const entries = files({
      '/data.json': '{}',
      '/lists/data.json': '{"keys":["alias/app"]}',
      '/policy.rego': 'this is not read',
      '/policy.wasm': wasm,
      '/.manifest': JSON.stringify({
        revision: 'r7',
        roots: [''],
        wasm: [{ entrypoint: 'kkp/authz/allow', module: '/policy.wasm' }],
      }),
    });
    const engine = await load(await bundle('opa.tar.gz', entries));
    expect(engine.decide(inputWith({}))).toEqual({ allowed: true, revision: 'r7' });
  });

  it('may be a bundle whose manifest names another module', async () => {
    const manifest = JSON.stringify({ wasm: [{ entrypoint: 'kkp/authz/allow', module: '/kkp/authz.wasm' }] });
    const path = await bundle(
      'other-module.tgz',
      files({ 'kkp/authz.wasm': wasm, 'policy.wasm': 'nothing', 'data.json': DATA, '.manifest': manifest }),
    );
    expect(await allows(path)).toBe(true);
  });

  it('may be a bundle of Rego alone', async () => {
    const entries = files({
      'authz/policy.rego': REGO,
      'data.json': DATA,
      '.manifest': '{"revision":"source"}',
    });
    const engine = await load(await bundle('source.tar.gz', entries));
    expect(engine.decide(inputWith({}))).toEqual({ allowed: true, revision: 'source' });
  });

  it('has the same revision wherever its sources are', async () => {
    const rego = 'package kkp.authz\n\nallow := true\n';
    const revisionAt = async (prefix: string, text = rego): Promise<string> => {
      const path = await mkdtemp(join(tmpdir(), prefix));
      await writeFile(join(path, 'policy.rego'), text);
      const { revision } = await load(path);
      await rm(path, { recursive: true });
      return revision;
    };
    const here = await revisionAt('kkp-here-');
    expect(await revisionAt('kkp-there-')).toBe(here);
    expect(await revisionAt('kkp-here-', rego.replace('true', 'false'))).not.toBe(here);
  });

  it('has a revision that tells modules and data apart, and is the same for the same', async () => {
    const revisionOf = async (module: Uint8Array, data: string): Promise<string> => {
      const path = await bundle('revision.tar.gz', files({ 'policy.wasm': module, 'data.json': data }));
      return (await load(path)).revision;
    };
    const first = await revisionOf(wasm, DATA);
    expect(first).toMatch(/^sha256:[0-9a-f]{12}$/);
    expect(await revisionOf(wasm, OTHER_DATA)).not.toBe(first);
    expect(await revisionOf(await readFile(SHIPPED), DATA)).not.toBe(first);
    expect(await revisionOf(wasm, DATA)).toBe(first);
  });
});

describe('the policy that KKP ships', () => {
  it('keeps its limits when they are given as undefined', async () => {
    const engine = await loadPolicy({ maxInputBytes: undefined } as unknown as PolicyOptions);
    expect(engine.decide(inputWith({ text: 'x'.repeat(65_536) })).fault).toBe(
      'the input is longer than 65536 bytes',
    );
  });

  const decrypt = (environment: string | undefined): DecryptInput => ({
    action: 'decrypt',
    claims: { backend: 'aws', key_id: 'a', policy_claims: { environment: 'prod' } },
    request: { context: { environment }, envelope: { backend: 'aws', key_id: 'a' } },
    caller: { kind: 'anonymous' },
  });

  it.each<[string, boolean, PolicyInput]>([
    [
      'refuses to encrypt under no key',
      false,
      { ...inputWith({}), request: { backend: 'aws', key_id: '', context: {} } },
    ],
    ['refuses to decrypt in another environment', false, decrypt('test')],
    ['refuses to decrypt in no environment', false, decrypt(undefined)],
    ['allows to decrypt in the environment of the token', true, decrypt('prod')],
    ['allows to encrypt', true, inputWith({})],
  ])('%s', async (_, allowed, input) => {
    const engine = await loadPolicy();
    const { fault, ...decision } = engine.decide(input);
    expect(decision).toEqual({ allowed, revision: engine.revision });
    expect(fault).toBeUndefined();
  });
});
