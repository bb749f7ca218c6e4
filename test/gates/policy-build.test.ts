import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { compilePolicy, testPolicy } from '../../src/policy/compiler/index.js';

// Each case starts a process of its own.
jest.setTimeout(60_000);

const read = (name: string): Buffer => readFileSync(new URL(`../../policy/${name}`, import.meta.url));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const files = {
  'kkp.rego': read('kkp.rego').toString(),
  'kkp_test.rego': read('kkp_test.rego').toString(),
};
const opa = JSON.parse(read('opa/opa.json').toString()) as Record<'opa' | 'go', string> &
  Record<'wasm' | 'brotli', { sha256: string; bytes: number }>;

describe('policy/', () => {
  it('kkp.wasm is what the compiler makes of kkp.rego (npm run build && node policy/build.mjs writes it)', async () => {
    const { wasm, warnings } = await compilePolicy({ files: { 'kkp.rego': files['kkp.rego'] } });
    expect(Buffer.compare(wasm, read('kkp.wasm'))).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('kkp_test.rego passes and leaves no line of the policy uncovered', async () => {
    const report = await testPolicy({ files });
    expect(report.tests.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(report.passed).toBe(true);
    expect(report.coverage).toBe(100);
    expect(report.files['kkp.rego']).toMatchObject({ coverage: 100, notCovered: [] });
  });

  it('opa.wasm.br is the module that opa.json describes', () => {
    const compressed = read('opa/opa.wasm.br');
    expect({ sha256: sha256(compressed), bytes: compressed.length }).toEqual(opa.brotli);
    const module = brotliDecompressSync(compressed);
    expect({ sha256: sha256(module), bytes: module.length }).toEqual(opa.wasm);
  });

  it('opa.json, go.mod and NOTICE name the same versions', () => {
    const goMod = read('opa/go.mod').toString();
    expect(goMod).toContain(`require github.com/open-policy-agent/opa ${opa.opa}\n`);
    expect(goMod).toContain(`toolchain ${opa.go}\n`);
    const notice = read('../NOTICE').toString();
    expect(notice).toContain(`github.com/open-policy-agent/opa ${opa.opa}:`);
    expect(notice).toContain(`Go standard library and runtime ${opa.go}:`);
  });
});
