/**
 * Builds a real Vault where that is not done yet, starts it, runs the suite against it, and stops it by its pid.
 * Arguments go to jest.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
execFileSync(fileURLToPath(new URL('build.sh', import.meta.url)), { stdio: 'inherit' });

const vault = spawn(`${root}.cache/vault-real/vault-real`, { stdio: ['ignore', 'pipe', 'inherit'] });
const ended = once(vault, 'exit');
try {
  const [line] = await Promise.race([
    once(createInterface(vault.stdout), 'line'),
    ended.then(() => Promise.reject(new Error('Vault ended before it was ready.'))),
  ]);
  const { address, token } = JSON.parse(line);
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      `${root}node_modules/jest/bin/jest.js`,
      '--testMatch=**/plugins/vault/test/real/*.real.ts',
      '--runInBand',
      ...process.argv.slice(2),
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, KKP_VAULT_ADDRESS: address, KKP_VAULT_TOKEN: token, KKP_VAULT_PID: vault.pid },
    },
  );
  process.exitCode = status ?? 1;
} finally {
  vault.kill('SIGTERM');
  await ended;
}
