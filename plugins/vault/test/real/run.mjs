/** Runs the suite against a real Vault, and stops it by its pid. Arguments go to jest. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startVault } from './start.mjs';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const { address, token, pid, stop } = await startVault();
try {
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
      env: { ...process.env, KKP_VAULT_ADDRESS: address, KKP_VAULT_TOKEN: token, KKP_VAULT_PID: pid },
    },
  );
  process.exitCode = status ?? 1;
} finally {
  await stop();
}
