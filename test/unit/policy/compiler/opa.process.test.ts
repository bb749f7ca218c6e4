import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import {
  compilePolicy,
  PolicyCompileError,
  PolicyCompilerFault,
} from '../../../../src/policy/compiler/index.js';

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

  describe('that a fake takes the place of', () => {
    let folder: string;
    beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'kkp-opa-'))));
    afterEach(async () => {
      jest.restoreAllMocks();
      await rm(folder, { recursive: true });
    });

    /** Runs one line of shell for each start, the last one for all further ones; says how many starts there were. */
    async function compileWith(...lines: string[]) {
      const [node, starts] = [join(folder, 'node'), join(folder, 'starts')];
      const cases = lines.map((line, at) => `${at + 1 < lines.length ? at + 1 : '*'}) ${line};;`);
      const script = ['cat >/dev/null', `echo >>${starts}`, `case $(wc -l <${starts}) in`, ...cases, 'esac'];
      await writeFile(node, `#!/bin/sh\n${script.join('\n')}\n`, { mode: 0o700 });
      jest.replaceProperty(process, 'execPath', node);
      const outcome = await compilePolicy(request).catch((error: unknown) => error);
      return { outcome, starts: readFileSync(starts, 'utf8').length };
    }
    const dieBy = (signal: string): string => `kill -${signal} $$`;
    const answer = `echo '{"result":{"wasm":"","warnings":[]}}'`;

    it.each(['ABRT', 'BUS', 'ILL', 'SEGV', 'TRAP'])(
      'is started again when it dies by SIG%s',
      async (name) => {
        expect(await compileWith(dieBy(name), answer)).toMatchObject({
          outcome: { warnings: [] },
          starts: 2,
        });
      },
    );

    it('is started three times at most', async () => {
      expect(await compileWith(dieBy('SEGV'), dieBy('TRAP'), answer)).toMatchObject({
        outcome: { warnings: [] },
        starts: 3,
      });
      await rm(join(folder, 'starts'));
      const { outcome, starts } = await compileWith(
        dieBy('SEGV'),
        dieBy('ABRT'),
        `printf '\\n\\n#\\n# Fatal error in\\n' >&2; ${dieBy('TRAP')}`,
        answer,
      );
      expect(outcome).toEqual(new PolicyCompilerFault("OPA's compiler ended with SIGTRAP: # Fatal error in"));
      expect(starts).toBe(3);
    });

    it.each([
      ['was killed', dieBy('KILL'), /ended with SIGKILL/],
      ['was told to end', dieBy('TERM'), /ended with SIGTERM/],
      ['fails', 'echo broken >&2; exit 2', /ended with exit code 2: broken/],
    ])('is not started again when it %s', async (_how, line, text) => {
      const { outcome, starts } = await compileWith(line, answer);
      expect(outcome).toBeInstanceOf(PolicyCompilerFault);
      expect((outcome as Error).message).toMatch(text);
      expect(starts).toBe(1);
    });

    it('is not started again for an error of the policy', async () => {
      const { outcome, starts } = await compileWith(`echo '{"error":{"text":"no","errors":[]}}'`, answer);
      expect(outcome).toBeInstanceOf(PolicyCompileError);
      expect(starts).toBe(1);
    });
  });

  it('calls no function of Node itself from its module: V8 would, by fast API calls that crash', async () => {
    const watch = `WebAssembly.instantiate = (module, { wasi_snapshot_preview1: calls }) => {
        const natives = Object.values(calls).filter((call) => /\\[native code]/.test(call));
        console.log(natives.length, Object.keys(calls).length > 20);
        process.exit();
      };`;
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(watch)}`];
    const running = promisify(execFile)(process.execPath, [...flags, join(OPA, 'run.mjs')]);
    running.child.stdin?.end('{}');
    expect((await running).stdout).toBe('0 true\n');
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
