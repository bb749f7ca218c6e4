import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import * as prettier from 'prettier';
import { startMtls, type MtlsServer } from '../../support/mtls-server.js';
import { startProcess, type RunningServer } from '../../support/process.js';
import { KkpRuns } from './run-kkp.js';

const path = fileURLToPath(new URL('../../../src/cli/README.md', import.meta.url));
const kkpEntry = fileURLToPath(new URL('../../../dist/cli/kkp.js', import.meta.url));

let server: RunningServer;
let overTls: MtlsServer;
let kkp: KkpRuns;

beforeAll(async () => {
  [server, overTls] = await Promise.all([startProcess(), startMtls()]);
  kkp = new KkpRuns(() => ({}));
  for (const name of ['ca.pem', 'billing.pem', 'billing.key', 'gateway.pem', 'gateway.key'])
    symlinkSync(overTls.path(name), kkp.path(name));
});
afterAll(async () => {
  await overTls.close();
  server.child.kill('SIGTERM');
  await server.finished;
  kkp.close();
});

/** The rows of one part of the help: a name and, on one or more lines, what it means. */
function rowsOf(help: string, title: string): string[][] {
  const [, part = ''] = new RegExp(`^${title}:\n((?: .*\n?)+)`, 'm').exec(help) ?? [];
  const rows = part.replace(/\n {6,}/g, ' ').matchAll(/^ {2}(\w[\w-]*)(?: [[<]\S+[\]>])* +(.+)$/gm);
  return [...rows].map(([, name, meaning]) => [name!, meaning!]);
}

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The README as it should be, made from itself and the help. */
async function makeReadme(text: string): Promise<string> {
  const help = (await kkp.run('--help')).stdout;
  const commands: string[][] = [];
  for (const [name = '', meaning = ''] of rowsOf(help, 'Commands').filter(([each]) => each !== 'help')) {
    const own = rowsOf((await kkp.run(`${name} --help`)).stdout, 'Commands').filter(
      ([each]) => each !== 'help',
    );
    if (own.length === 0) commands.push([`\`kkp ${name}\``, meaning]);
    else commands.push(...own.map(([each, what]) => [`\`kkp ${name} ${each}\``, what!]));
  }
  const put = (name: string, content: string) => (all: string) =>
    all.replace(
      new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`),
      (_all, open: string, close: string) => `${open}\n${content}\n\n${close}`,
    );
  const whole = put(
    'commands',
    table(['command', 'what it does'], commands),
  )(put('exit-codes', table(['code', 'meaning'], rowsOf(help, 'Exit codes')))(text));
  return prettier.format(whole, { ...(await prettier.resolveConfig(path)), parser: 'markdown' });
}

describe('src/cli/README.md', () => {
  it('has the commands and the exit codes as they are (UPDATE_README=1 writes them)', async () => {
    const made = await makeReadme(readFileSync(path, 'utf8'));
    if (process.env.UPDATE_README === '1') writeFileSync(path, made);
    expect(readFileSync(path, 'utf8')).toBe(made);
    expect(made.match(/^\| `kkp /gm)!.length).toBeGreaterThan(19);
    for (const code of [0, 1, 2, 3, 4, 5]) expect(made).toMatch(new RegExp(`^\\| ${code} +\\| \\w`, 'm'));
  });

  it('shows what works, line by line', () => {
    const blocks = [...readFileSync(path, 'utf8').matchAll(/^```sh\n([^]*?)^```/gm)].map(
      ([, block]) => block!,
    );
    expect(blocks).toHaveLength(7);
    const kkpFunction = `kkp() { '${process.execPath}' '${kkpEntry}' "$@"; }`;
    const script = [kkpFunction, ...blocks].join('\necho -- block\n');
    const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      cwd: kkp.folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, KKP_URL: server.url, KKP_HTTPS_URL: overTls.url },
    });
    expect({ status, errors: stderr.split('\n').filter((line) => line !== '') }).toEqual({
      status: 0,
      errors: [
        'kkp: The token is not for all of these operations. (invalid_scope, HTTP 400)',
        'kkp: The token is bound to a key: send a DPoP proof with it. (invalid_token, HTTP 401)',
        'kkp: The token has been revoked.',
        'kkp: The token is bound to a client certificate: show it over a connection of that client. (invalid_token, HTTP 401)',
      ],
    });
    const [, sealed, exchanged, bound, theirs, verified, certified, completion] = stdout.split('-- block\n');
    expect(sealed).toBe('attack at dawn\n');
    const [opened, claims, ended, rest] = exchanged!.split('\n');
    expect([opened, ended, rest]).toEqual(['attack at dawn', 'ended with 2', '']);
    expect(JSON.parse(claims!)).toMatchObject({ sub: 'billing', ops: ['decrypt'], act: { sub: 'gateway' } });
    expect(certified).toBe('attack at dusk\nended with 4\n');
    expect(bound).toMatch(/^[\w-]{43}\nattack at noon\nended with 4\n$/);
    expect([theirs, completion]).toEqual(['', '']);
    const lines = verified!.trim().split('\n');
    expect(lines[0]).toBe(lines[2]);
    expect(lines.slice(3)).toEqual([
      expect.stringMatching(/^\{"rule":\{"jti":/),
      'ended with 4',
      expect.stringMatching(/^[\w-]+$/),
    ]);
    const jkt = bound!.split('\n')[0];
    expect(decodeJwt(readFileSync(kkp.path('theirs'), 'utf8').trim()).cnf).toEqual({ jkt });
    expect(JSON.parse(lines[1]!)).toMatchObject({ ops: ['decrypt', 'encrypt'], cnf: { jkt } });
    expect(statSync(kkp.path('dpop.pem')).mode & 0o777).toBe(0o600);
  });
});
