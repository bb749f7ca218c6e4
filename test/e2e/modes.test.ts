import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start, startProcess } from '../support/process.js';

const LOCAL_CLI = fileURLToPath(new URL('../../plugins/local/bin.mjs', import.meta.url));
const WARNING = 'CALLERS ARE NOT AUTHENTICATED';
const NO_PUBLIC_URL = /^public_url is not set: .*DPoP.*proxy/;
const STACK = /^\s+at /m;

describe('modes', () => {
  let folder: string;
  let backends: string;
  let config: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-modes-'));
    const [dir, rootKeyFile] = [join(folder, 'keys'), join(folder, 'root.key')];
    writeFileSync(rootKeyFile, randomBytes(32), { mode: 0o600 });
    execFileSync(process.execPath, [LOCAL_CLI, 'init', '--dir', dir, '--root-key-file', rootKeyFile]);
    backends = `backends: [{kind: local, name: disk, dir: ${dir}, rootKeyFile: ${rootKeyFile}}]\n`;
    config = file('kkp.yaml', backends);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const production = (env: Record<string, string> = {}): Record<string, string> => ({
    NODE_ENV: 'production',
    KKP_LISTEN_ADDR: '127.0.0.1:0',
    KKP_CONFIG: config,
    ...env,
  });

  it.each([
    ['nothing allows anonymous callers', {}],
    ['KKP_ALLOW_ANONYMOUS is false', { KKP_ALLOW_ANONYMOUS: 'false' }],
    ['KKP_ALLOW_ANONYMOUS is 1', { KKP_ALLOW_ANONYMOUS: '1' }],
    ['KKP_ALLOW_ANONYMOUS is TRUE', { KKP_ALLOW_ANONYMOUS: 'TRUE' }],
  ])('does not start in production without an authenticator when %s', async (_name, env) => {
    const { code, stdout, stderr } = await start('dist/main.js', production(env)).finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('no authenticator is configured');
    expect(stderr).toContain('KKP_ALLOW_ANONYMOUS=true');
    expect(stderr).not.toMatch(STACK);
  });

  it('does not start in production with keys in memory, and no variable makes it', async () => {
    const env = production({ KKP_ALLOW_ANONYMOUS: 'true', KKP_CONFIG: file('memory.yaml', '{}') });
    const { code, stdout, stderr } = await start('dist/main.js', env).finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.match(/keeps its keys in memory/g)).toHaveLength(3);
  });

  it('says the same by check-config, before anything runs', async () => {
    const checked = start('dist/cli/kkp.js', production(), ['check-config']);
    expect(await checked.finished).toMatchObject({ code: 1, stdout: '' });
    expect((await checked.finished).stderr).toContain('no authenticator is configured');
  });

  it('starts in production for anonymous callers when that is said out loud, and still warns', async () => {
    const server = await startProcess(production({ KKP_ALLOW_ANONYMOUS: 'true' }));
    expect(server.logs.filter(({ msg }) => String(msg).includes(WARNING))).toHaveLength(1);
    server.child.kill('SIGTERM');
    expect((await server.finished).code).toBe(0);
    const told = server.logs.filter(({ msg }) => NO_PUBLIC_URL.test(String(msg)));
    expect(told).toMatchObject([{ level: 40 }]);
  });

  it('says nothing of a missing public_url anywhere else', async () => {
    const server = await startProcess(production({ NODE_ENV: 'development' }));
    server.child.kill('SIGTERM');
    await server.finished;
    expect(JSON.stringify(server.logs)).not.toContain('public_url');
  });

  it('does not start in production with an empty list of authenticators', async () => {
    const env = production({ KKP_CONFIG: file('empty.yaml', `callers: []\n${backends}`) });
    const { code, stderr } = await start('dist/main.js', env).finished;
    expect(code).toBe(1);
    expect(stderr).toContain('no authenticator is configured');
  });

  it('starts in production with authenticators, names their kinds, and warns of nothing', async () => {
    const callers = `callers: [{kind: spiffe, trustDomain: example.org, audience: kkp, bundleFile: ${file('bundle.json', '{"keys": []}')}}]\n`;
    const text = `public_url: https://kms.example\n${callers}${backends}`;
    const server = await startProcess(production({ KKP_CONFIG: file('callers.yaml', text) }));
    expect(server.logs.filter(({ level }) => Number(level) >= 40)).toEqual([]);
    expect(await server.logged('listening')).toMatchObject({ callers: ['spiffe'] });
    server.child.kill('SIGTERM');
    expect((await server.finished).code).toBe(0);
  });
});
