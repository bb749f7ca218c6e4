import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { start, startProcess, type RunningServer } from '../support/process.js';
import { GRANT } from '../support/server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOOR = `
export default function door({ code }) {
  if (typeof code !== 'string') throw new Error('code: must be text.');
  return {
    async authenticate({ headers }) {
      if (headers['x-code'] === undefined) return undefined;
      if (headers['x-code'] !== code) throw Object.assign(new Error(code), { statusCode: 401 });
      return { kind: 'door', id: '${GRANT.subject}', scopes: [], attributes: {} };
    },
  };
}
`;

/** The built package in a folder of its own, with everything that is installed beside it, and one package more. */
function install(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-custom-'));
  for (const part of ['dist', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  mkdirSync(join(folder, 'policy'));
  cpSync(join(ROOT, 'policy/kkp.wasm'), join(folder, 'policy/kkp.wasm'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  const door = join(modules, 'kkp-authenticator-door');
  mkdirSync(door);
  writeFileSync(
    join(door, 'package.json'),
    '{"name":"kkp-authenticator-door","type":"module","main":"index.js"}',
  );
  writeFileSync(join(door, 'index.js'), DOOR);
  return folder;
}

describe('a package that authenticates callers', () => {
  let folder: string;
  let config: string;
  beforeAll(() => {
    folder = install();
    config = join(folder, 'kkp.yaml');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const inFolder = (entry: string): string => join(folder, entry);
  const write = (callers: unknown): string => {
    writeFileSync(config, JSON.stringify({ callers }));
    return config;
  };

  it('is loaded by its name and asked for every request', async () => {
    const KKP_CONFIG = write([{ kind: 'kkp-authenticator-door', code: 'hunter2' }]);
    const server: RunningServer = await startProcess({ KKP_CONFIG }, inFolder('dist/main.js'));
    const ask = async (headers: Record<string, string>): Promise<number> => {
      const response = await fetch(`${server.url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(GRANT),
      });
      expect(await response.text()).not.toContain('hunter2');
      return response.status;
    };
    expect(await ask({ 'x-code': 'hunter2' })).toBe(200);
    expect(await ask({ 'x-code': 'wrong' })).toBe(401);
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: 'Bearer x' })).toBe(401);
    expect(await server.logged('listening')).toMatchObject({ callers: ['kkp-authenticator-door'] });
    server.child.kill('SIGTERM');
    const { code, stdout } = await server.finished;
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/hunter2|CALLERS ARE NOT AUTHENTICATED/);
  });

  it('is shown by check-config without its secrets', async () => {
    const callers = [
      { kind: 'kkp-authenticator-door', code: 'hunter2' },
      { kind: 'jwt', issuer: 'https://idp.example', audience: 'kkp', caFile: '/etc/ca.pem' },
    ];
    const { code, stdout } = await start(inFolder('dist/cli/kkp.js'), { KKP_CONFIG: write(callers) }, [
      'check-config',
    ]).finished;
    expect(code).toBe(0);
    expect(stdout).not.toContain('hunter2');
    expect((parse(stdout) as { callers: unknown }).callers).toEqual([
      { kind: 'kkp-authenticator-door', code: '(redacted)' },
      { kind: 'jwt', issuer: 'https://idp.example', audience: 'kkp', caFile: '(redacted)' },
    ]);
  });

  it('tells its faults beside those of the others', async () => {
    const callers = [
      { kind: 'kkp-authenticator-door', code: 7 },
      { kind: 'kkp-authenticator-window' },
      { kind: 'jwt', issuer: 'hunter2' },
      { kind: inFolder('node_modules/kkp-authenticator-door/index.js') },
    ];
    const env = { KKP_CONFIG: write(callers), KKP_TOKEN_TTL_SECS: 'soon' };
    const { code, stderr, stdout } = await start(inFolder('dist/main.js'), env).finished;
    expect(code).toBe(1);
    expect(stdout).toBe('');
    for (const text of [
      'KKP_TOKEN_TTL_SECS',
      'callers[0]: code: must be text.',
      'callers[1]: package kkp-authenticator-window is not installed',
      'callers[2].audience: must be',
      'callers[2].issuer: must be',
      'callers[3].kind: got text.',
    ]) {
      expect(stderr).toContain(text);
    }
    expect(stderr).not.toContain('hunter2');
  });
});
