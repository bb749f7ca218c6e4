import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, startProcess, type RunningServer } from '../support/process.js';
import { GRANT } from '../support/server.js';

const POLICY = `package kkp.authz

default allow := false

allow if {
  input.caller.kind == "api_key"
  input.caller.id == "ci"
  "kkp:issue" in input.caller.scopes
}
`;

describe('API keys', () => {
  let folder: string;
  let keys: string;
  let server: RunningServer;
  let key: string;
  let weak: string;

  const create = (...args: string[]) => start('dist/cli/kkp.js', {}, ['apikey', 'create', ...args]).finished;
  const createKey = async (...args: string[]): Promise<string> =>
    (JSON.parse((await create(...args, '--file', keys)).stdout) as { key: string }).key;
  const issue = async (headers: Record<string, string>, body = JSON.stringify(GRANT)): Promise<number> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
    return (await fetch(`${server.url}/token`, init)).status;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-api-keys-'));
    keys = join(folder, 'keys.yaml');
    key = await createKey('--name', 'ci', '--scope', 'kkp:issue', 'team:blue', '--expires', '1h');
    weak = await createKey('--name', 'ci');
    writeFileSync(join(folder, 'policy.rego'), POLICY);
    writeFileSync(join(folder, 'kkp.yaml'), `callers: [{kind: api_key, file: ${keys}}]\n`);
    server = await startProcess({
      KKP_CONFIG: join(folder, 'kkp.yaml'),
      KKP_POLICY_PATH: join(folder, 'policy.rego'),
    });
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    const { code, stdout, stderr } = await server.finished;
    rmSync(folder, { recursive: true });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const secret of [key, weak]) expect(stdout).not.toContain(secret.slice(21));
  });

  it('let their holder ask, and the policy judge the holder', async () => {
    expect(await issue({ 'X-API-Key': key })).toBe(200);
    expect(await issue({ 'X-API-Key': weak })).toBe(403);
    expect(await server.logged('listening')).toMatchObject({ callers: ['api_key'] });
  });

  it.each([
    ['no key', {}],
    ['a made-up key', { 'X-API-Key': `kkp_${'0'.repeat(16)}_${'A'.repeat(43)}` }],
    ['something else', { 'X-API-Key': 'hunter2' }],
    ['a key in Authorization', { Authorization: 'ApiKey hunter2' }],
    ['a key as a bearer', { Authorization: 'Bearer hunter2' }],
  ])('refuse %s', async (_name, headers) => {
    expect(await issue(headers as Record<string, string>)).toBe(401);
  });

  it('are judged before the body is read', async () => {
    expect(await issue({ 'X-API-Key': 'hunter2' }, 'no json')).toBe(401);
    expect(await issue({ 'X-API-Key': key }, 'no json')).toBe(400);
  });

  it('work as soon as they are in the file, and no longer than that', async () => {
    const another = await createKey('--name', 'ci', '--scope', 'kkp:issue');
    const wait = async (status: number) => {
      for (const end = Date.now() + 20_000; (await issue({ 'X-API-Key': another })) !== status;)
        if (Date.now() > end) throw new Error(`no ${status}`);
    };
    await wait(200);
    writeFileSync(
      keys,
      readFileSync(keys, 'utf8')
        .split(/(?=^- id)/m)
        .slice(0, -1)
        .join(''),
    );
    await wait(401);
    expect(await issue({ 'X-API-Key': key })).toBe(200);
  });

  it('stop a start that could not know them', async () => {
    const config = join(folder, 'faulty.yaml');
    writeFileSync(
      config,
      `callers: [{kind: api_key, file: ${folder}/absent.yaml}, {kind: api_key, keys: [{key: hunter2}]}]\n`,
    );
    const { code, stderr } = await start('dist/main.js', { KKP_CONFIG: config }).finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/callers\[0\]\.file: the file cannot be read \(ENOENT\)/);
    expect(stderr).toMatch(/callers\[1\]\.keys\[0\]\.key: is unknown/);
    expect(stderr).toMatch(/callers\[1\]\.kind: the same as callers\[0\]\.kind/);
    expect(stderr).not.toContain('hunter2');
  });

  it.each([
    [[]],
    [['--name', '']],
    [['--name', 'a', '--scope', 'two scopes']],
    [['--name', 'a', '--expires', 'soon']],
    [['--name', 'a', '--expires', '0d']],
    [['--name', 'a', '--expires', '2020-01-01T00:00:00Z']],
    [['--name', 'a', '--file', '/nowhere/keys.yaml']],
  ])('are not made by %j', async (args) => {
    const { code, stdout, stderr } = await create(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
