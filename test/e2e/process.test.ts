import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run } from '../../src/server/index.js';
import { start, startProcess } from '../support/process.js';
import { GRANT, send } from '../support/server.js';

const LOOPBACK = { KKP_LISTEN_ADDR: '127.0.0.1:0' };
const STACK = /^\s+at /m;
const ALLOW_ALL = 'package kkp.authz\n\nallow := true\n';
const DENY_ALL = 'package kkp.authz\n\nallow := false\n';

describe('the server as a process', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kkp-process-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('warns once, loudly, that callers are not authenticated', async () => {
    const server = await startProcess();
    const warnings = server.logs.filter(({ level }) => level === 40);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.msg).toContain('CALLERS ARE NOT AUTHENTICATED');
    server.child.kill('SIGTERM');
    expect(await server.finished).toMatchObject({ code: 0, stderr: '' });
  });

  it('reports all faults of a start at once and exits with 1', async () => {
    const config = file(
      'faulty.yaml',
      'backends:\n  - {kind: memory, name: a, emulates: ibm}\n  - {kind: ./evil.js, name: b}\n',
    );
    const { code, stderr, stdout } = await start('dist/main.js', {
      KKP_LISTEN_ADDR: 'nowhere',
      KKP_TOKEN_TTL_SECS: 'soon',
      KKP_POLICY_PATH: '/nowhere.rego',
      KKP_CONFIG: config,
    }).finished;
    expect(code).toBe(1);
    expect(stdout).toBe('');
    for (const text of [
      'KKP_LISTEN_ADDR',
      'KKP_TOKEN_TTL_SECS',
      'KKP_POLICY_PATH',
      'backends[0]',
      'emulates',
      'backends[1]',
    ]) {
      expect(stderr).toContain(text);
    }
    expect(stderr).not.toContain('nowhere');
  });

  it('does not start with a policy that OPA refuses, and says where it is wrong', async () => {
    const path = file('broken.rego', 'package kkp.authz\n\nallow if {\n  input.action ==\n}\n');
    const failed = await start('dist/main.js', { ...LOOPBACK, KKP_POLICY_PATH: path }).finished;
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/broken\.rego:5: rego_parse_error/);
    expect(failed.stderr).not.toMatch(STACK);
  });

  it('does not start on an address that is taken, and says so once', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const failed = await start('dist/main.js', { KKP_LISTEN_ADDR: `127.0.0.1:${port}` }).finished;
    taken.close();
    expect(failed).toMatchObject({ code: 1, stdout: expect.not.stringContaining('listening') });
    expect(failed.stderr).toBe(
      'kkp: The configuration has a fault:\n  - KKP_LISTEN_ADDR: the address cannot be used (EADDRINUSE).\n',
    );
  });

  it.each([
    ['a start that could not be', new Error('Backend "a" did not open'), /^kkp: Backend "a" did not open\n$/],
    [
      'a fault in the code, with its place',
      new TypeError('x is no function'),
      /^kkp: TypeError: x is .*\n +at /,
    ],
  ])('reports %s', async (_name, error, expected) => {
    const fail = (): never => {
      throw error;
    };
    let stderr = '';
    const fake = { stderr: { write: (text: string) => (stderr += text) }, exitCode: 0 };
    await run(new Proxy({}, { get: fail }), fake as never);
    expect(fake.exitCode).toBe(1);
    expect(stderr).toMatch(expected);
  });

  it('reloads its policy on SIGHUP, and keeps the old one when the new one is broken', async () => {
    const path = file('live.rego', ALLOW_ALL);
    const server = await startProcess({ KKP_POLICY_PATH: path });
    const issue = async () => (await send(server.url, 'POST', '/token', GRANT)).status;
    expect(await issue()).toBe(200);
    file('live.rego', 'package kkp.authz\n\nallow if');
    server.child.kill('SIGHUP');
    await server.logged('policy not reloaded, the old one goes on');
    expect(await issue()).toBe(200);
    file('live.rego', DENY_ALL);
    server.child.kill('SIGHUP');
    await server.logged('policy reloaded');
    expect(await issue()).toBe(403);
    server.child.kill('SIGTERM');
    expect((await server.finished).code).toBe(0);
  });

  it('rotates by its schedule alone', async () => {
    const server = await startProcess({ KKP_KEY_TTL_SECS: '3', KKP_KEY_ROTATION_SECS: '1' });
    const kids = async () =>
      ((await send(server.url, 'GET', '/keys/jwks')).body as { keys: { kid: string }[] }).keys.map(
        ({ kid }) => kid,
      );
    const first = await kids();
    const deadline = Date.now() + 10_000;
    let now = first;
    while (now.includes(first[0]!) && Date.now() < deadline) now = await kids();
    expect(now).not.toContain(first[0]);
    server.child.kill('SIGTERM');
    await server.finished;
  });
});

describe('kkp', () => {
  it('prints the effective configuration, and opens nothing', async () => {
    const { code, stdout, stderr } = await start('dist/cli/kkp.js', { KKP_TOKEN_TTL_SECS: '60' }, [
      'check-config',
    ]).finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(parse(stdout)).toMatchObject({ listen: '0.0.0.0:8080', tokens: { ttl_seconds: 60 } });
  });

  it('reports what is wrong with the configuration', async () => {
    const { code, stdout, stderr } = await start('dist/cli/kkp.js', { KKP_TOKEN_TTL_SECS: 'x' }, [
      'check-config',
    ]).finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('KKP_TOKEN_TTL_SECS');
  });

  it('builds, checks and tests a policy', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kkp-cli-'));
    writeFileSync(join(folder, 'p.rego'), ALLOW_ALL);
    writeFileSync(
      join(folder, 'p_test.rego'),
      'package kkp.authz_test\n\nimport data.kkp.authz\n\ntest_allow if authz.allow\n',
    );
    const run = (...args: string[]) => start('dist/cli/kkp.js', {}, ['policy', ...args]).finished;
    const wasm = join(folder, 'p.wasm');
    expect(await run('build', folder, '-o', wasm)).toMatchObject({ code: 0 });
    expect(await run('check', folder)).toMatchObject({ code: 0 });
    const tested = await run('test', join(folder, 'p.rego'), '--threshold', '100');
    expect(tested).toMatchObject({ code: 0 });
    expect(tested.stdout).toContain('PASS: 1/1');
    const server = await startProcess({ KKP_POLICY_PATH: wasm });
    expect((await send(server.url, 'POST', '/token', { ...GRANT, subject: '' })).body.error).toBe(
      'invalid_request',
    );
    server.child.kill('SIGTERM');
    await server.finished;

    writeFileSync(join(folder, 'p.rego'), DENY_ALL);
    const failed = await run('test', folder);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('FAIL');
    writeFileSync(join(folder, 'p.rego'), 'package kkp.authz\n\nallow := nothing.here\n');
    const refused = await run('check', folder);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/p\.rego:3: rego_unsafe_var_error/);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [['nonsense'], 2],
    [['policy', 'test'], 1],
    [['policy', 'build', '/nowhere', '-o', '/tmp/x'], 1],
  ])('refuses %j', async (args, expected) => {
    const { code, stderr } = await start('dist/cli/kkp.js', {}, args).finished;
    expect(code).toBe(expected);
    expect(stderr).not.toBe('');
  });
});
