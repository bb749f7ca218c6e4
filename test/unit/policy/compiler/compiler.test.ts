import { jest } from '@jest/globals';
import {
  checkPolicy,
  compilePolicy,
  PolicyCompileError,
  type CompileRequest,
} from '../../../../src/policy/compiler/index.js';

// Each case starts a process of its own.
jest.setTimeout(60_000);

const HEAD = 'package kkp.authz\n\ndefault allow := false\n\n';
const ALLOW = `${HEAD}allow if input.action == "encrypt"\n`;

async function refusal(request: CompileRequest): Promise<PolicyCompileError> {
  const thrown: unknown = await compilePolicy(request).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(PolicyCompileError);
  return thrown as PolicyCompileError;
}

describe('compilePolicy', () => {
  it('gives the same module for the same sources, in whatever order they come', async () => {
    const helper = 'package helper\n\nyes := true\n';
    const one = await compilePolicy({ files: { 'a.rego': ALLOW, 'b.rego': helper } });
    const two = await compilePolicy({ files: { 'b.rego': helper, 'a.rego': ALLOW } });
    expect(WebAssembly.validate(new Uint8Array(one.wasm))).toBe(true);
    expect(Buffer.compare(one.wasm, two.wasm)).toBe(0);
    expect(one.warnings).toEqual([]);
  });

  it('refuses a syntax error with the text, file and line that OPA gives, for all files at once', async () => {
    const error = await refusal({
      files: { 'a.rego': `${HEAD}allow { input.x }\n`, 'sub/b.rego': 'package b\n\nc if {' },
    });
    expect(error.message).toBe(
      '2 errors occurred:\n' +
        'a.rego:5: rego_parse_error: `if` keyword is required before rule body\n' +
        'sub/b.rego:3: rego_parse_error: unexpected eof token\n\tc if {\n\t     ^\n' +
        'This is Rego of before OPA 1.0: write `allow if { … }` for `allow { … }`, and `deny contains x if { … }` for sets.',
    );
    expect(error.errors.map(({ code, file, row, col }) => [code, file, row, col])).toEqual([
      ['rego_parse_error', 'a.rego', 5, 1],
      ['rego_parse_error', 'sub/b.rego', 3, 6],
    ]);
  });

  it('refuses a builtin of OPA that KKP lacks, by name, file and line', async () => {
    const error = await refusal({
      files: { 'a.rego': `${HEAD}allow if {\n\thttp.send({}).status_code == 200\n}\n` },
    });
    expect(error.message).toBe(
      '1 error occurred: a.rego:6: rego_type_error: undefined function http.send\n' +
        '\thttp.send is a builtin of OPA that is not available here',
    );
  });

  it('allows a builtin that the host supplies, and refuses it where the host does not', async () => {
    const files = { 'a.rego': `${HEAD}allow if time.now_ns() > 0\n` };
    await expect(compilePolicy({ files })).resolves.toHaveProperty('warnings', []);
    const error = await refusal({ files, hostBuiltins: [] });
    expect(error.errors).toMatchObject([{ message: 'undefined function time.now_ns', row: 5 }]);
  });

  it.each([
    ['no file', {}, 'entrypoint "kkp/authz/allow" does not refer to a rule'],
    [
      'no such decision',
      { files: { 'a.rego': 'package other\n\nallow := true\n' } },
      'does not refer to a rule',
    ],
    ['an empty file', { files: { 'a.rego': '' } }, 'a.rego:0: rego_parse_error: empty module'],
    [
      'data in the place of the decision',
      { files: { 'a.rego': ALLOW }, data: { kkp: { authz: { allow: true } } } },
      'a.rego:3: rego_compile_error: conflicting rule for data path kkp/authz/allow',
    ],
  ])('refuses %s', async (_, request: Partial<CompileRequest>, message) => {
    expect((await refusal({ files: {}, ...request })).message).toContain(message);
  });

  it('leaves tests out of the module, even those that cannot be read', async () => {
    const plain = await compilePolicy({ files: { 'a.rego': ALLOW } });
    const tested = await compilePolicy({ files: { 'a.rego': ALLOW, 'a_test.rego': 'package t if' } });
    expect(Buffer.compare(plain.wasm, tested.wasm)).toBe(0);
  });
});

describe('checkPolicy', () => {
  it('warns of what strict mode would refuse', async () => {
    const { warnings } = await checkPolicy({
      files: { 'a.rego': `package kkp.authz\n\nimport data.unused\n\ndefault allow := false\n` },
    });
    expect(warnings).toEqual([
      {
        code: 'rego_compile_error',
        message: 'import data.unused unused',
        file: 'a.rego',
        row: 3,
        col: 1,
        details: [],
      },
    ]);
  });

  it('compiles the tests too, which may use every builtin of OPA', async () => {
    const test = 'package a_test\n\ntest_a if http.send(input)\n\ntest_b if no_such(1)\n';
    await expect(checkPolicy({ files: { 'a.rego': ALLOW, 'a_test.rego': test } })).rejects.toThrow(
      /^1 error occurred: a_test.rego:5: rego_type_error: undefined function no_such$/,
    );
  });
});
