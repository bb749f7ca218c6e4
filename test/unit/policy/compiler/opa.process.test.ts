import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { compilePolicy, PolicyCompilerFault } from '../../../../src/policy/compiler/index.js';

// Each case starts a process of its own.
jest.setTimeout(60_000);

const OPA = fileURLToPath(new URL('../../../../policy/opa/', import.meta.url));
const request = { files: { 'a.rego': 'package kkp.authz\n\nallow := true\n' } };

describe('the process that runs OPA’s compiler', () => {
  it('is killed when its time is up', async () => {
    const fault = compilePolicy(request, { timeoutMs: 1 });
    await expect(fault).rejects.toThrow(PolicyCompilerFault);
    await expect(fault).rejects.toThrow("OPA's compiler did not finish within 1 ms");
  });

  it('is killed by a signal, whose reason comes out', async () => {
    const controller = new AbortController();
    const compiling = compilePolicy(request, { signal: controller.signal });
    controller.abort(new Error('shutting down'));
    await expect(compiling).rejects.toThrow('shutting down');
  });

  it('says how it ended when it crashes', async () => {
    const deep = `package kkp.authz\n\nallow := ${'['.repeat(200_000)}`;
    await expect(compilePolicy({ files: { 'deep.rego': deep } })).rejects.toThrow(
      /^OPA's compiler ended with exit code 1: Maximum call stack size exceeded$/,
    );
  });

  it('runs no module but the one that opa.json describes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kkp-opa-'));
    try {
      await copyFile(join(OPA, 'run.mjs'), join(folder, 'run.mjs'));
      await copyFile(join(OPA, 'opa.json'), join(folder, 'opa.json'));
      const module = await readFile(join(OPA, 'opa.wasm.br'));
      await writeFile(join(folder, 'opa.wasm.br'), Buffer.concat([module, Buffer.of(0)]));
      const running = promisify(execFile)(process.execPath, [join(folder, 'run.mjs')]);
      running.child.stdin?.end('{}');
      await expect(running).rejects.toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('opa.wasm.br is not the file that opa.json describes') as string,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
