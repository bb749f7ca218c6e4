// Runs the conformance suite against a moto server: node test/real/with-moto.mjs
// Needs python3 >= 3.10 with venv. The first run installs the pinned packages into .venv beside this file.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const root = here('../../../../');
const requirements = readFileSync(here('requirements.txt'), 'utf8');
const installed = here('.venv/installed.txt');

if (!existsSync(installed) || readFileSync(installed, 'utf8') !== requirements) {
  rmSync(here('.venv'), { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', here('.venv')], { stdio: 'inherit' });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    here('requirements.txt'),
  ];
  execFileSync(here('.venv/bin/python'), pip, { stdio: 'inherit' });
  writeFileSync(installed, requirements);
}

const moto = spawn(here('.venv/bin/moto_server'), ['-H', '127.0.0.1', '-p', '0'], {
  env: { PATH: process.env.PATH, PYTHONUNBUFFERED: '1' },
  stdio: ['ignore', 'ignore', 'pipe'],
});
const exited = once(moto, 'exit');

async function address() {
  for await (const line of createInterface({ input: moto.stderr })) {
    const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('moto_server did not start');
}

try {
  const env = { ...process.env, MOTO_URL: await address(), MOTO_PID: String(moto.pid) };
  moto.stderr.resume();
  const node = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  const jest = [...node, '--testMatch', '**/plugins/aws/test/real/*.real.ts', '-w', '1'];
  const [code] = await once(spawn(process.execPath, jest, { cwd: root, env, stdio: 'inherit' }), 'exit');
  process.exitCode = code ?? 1;
} finally {
  moto.kill('SIGCONT');
  moto.kill('SIGTERM');
  await exited;
}
