import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Builds a real Vault where that is not done yet, and starts it: its address, root token and pid, and a way to stop it. */
export async function startVault() {
  execFileSync(here('build.sh'), { stdio: 'inherit' });
  const vault = spawn(here('../../../../.cache/vault-real/vault-real'), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(vault, 'exit');
  const died = ended.then(() => Promise.reject(new Error('Vault ended before it was ready.')));
  died.catch(() => undefined);
  const [line] = await Promise.race([once(createInterface(vault.stdout), 'line'), died]);
  const stop = async () => {
    vault.kill('SIGTERM');
    await ended;
  };
  return { ...JSON.parse(line), pid: vault.pid, stop };
}
