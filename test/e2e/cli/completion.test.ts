import { spawnSync } from 'node:child_process';
import { KkpRuns } from './run-kkp.js';

let kkp: KkpRuns;
const scripts: Record<string, string> = {};

beforeAll(async () => {
  kkp = new KkpRuns(() => ({}));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await kkp.run(`completion ${shell}`);
    if (code !== 0) throw new Error(`kkp completion ${shell} ended with ${code}`);
    scripts[shell] = stdout;
  }
});
afterAll(() => kkp.close());

const bash = (program: string) => spawnSync('bash', ['--norc', '-c', program], { encoding: 'utf8' });

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ');
  const program = `${scripts.bash}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _kkp; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = bash(program);
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('kkp completion', () => {
  it('is a script that bash can read', () => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: scripts.bash!, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    [['kkp', 'de'], ['decrypt']],
    [
      ['kkp', 're'],
      ['rewrap', 'revoke'],
    ],
    [['kkp', 'decrypt', '--tok'], ['--token-file']],
    [['kkp', 'policy', 'b'], ['build']],
    [['kkp', 'token', '--op'], ['--ops']],
    [['kkp', 'token', '--not'], ['--not-before']],
    [['kkp', 'datakey', '--dp'], ['--dpop-key']],
    [['kkp', 'ex'], ['exchange']],
    [
      ['kkp', 'grant', '--c'],
      ['--cert-file', '--ca-file', '--credential-file', '--client-id'],
    ],
    [['kkp', 'verify', '--ke'], ['--key-file']],
    [
      ['kkp', 'dpop', ''],
      ['create', 'thumbprint', 'help', '-h', '--help'],
    ],
    [['kkp', 'policy', 'build', '--e'], ['--entrypoint']],
    [
      ['kkp', 'completion', ''],
      ['bash', 'zsh', 'fish', '-h', '--help'],
    ],
  ])('offers for %j: %j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  it.each([
    ['the value of an option, which may be a file', ['kkp', 'decrypt', '--input', '--to']],
    ['the value of an option for a key', ['kkp', 'encrypt', '--dpop-key', '--to']],
    ['the value of an option for certificates', ['kkp', 'jwks', '--ca-file', '--ke']],
    ['a command of another command', ['kkp', 'decrypt', 'b']],
    ['an option that the command does not have', ['kkp', 'jwks', '--tok']],
  ])('offers nothing for %s', (_, words) => {
    expect(offered(...words)).toEqual([]);
  });

  it.each(['zsh', 'fish'])('names every command and its options for %s', (shell) => {
    for (const name of [
      'token',
      'decrypt',
      'introspect',
      'token-file',
      'allow-claim',
      'dpop-key',
      'thumbprint',
      'exchange',
      'cert-file',
    ]) {
      expect(scripts[shell]).toContain(name);
    }
  });

  it('leaves no quote open for zsh, as far as bash can tell', () => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: scripts.zsh!, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
