import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startServices } from '../service-process.js';

/** What plugins/vault/test/real/build.sh builds. */
const REAL = fileURLToPath(new URL('../../../.cache/vault-real/vault-real', import.meta.url));
/** KKP's least rights, and `datakey` for whoever asks Vault directly. */
const POLICY = `
path "transit/encrypt/*" { capabilities = ["update"] }
path "transit/decrypt/*" { capabilities = ["update"] }
path "transit/datakey/*" { capabilities = ["update"] }
path "transit/keys/*" { capabilities = ["read"] }
`;

/** A Vault with a transit key named `orders`. */
export interface BenchVault {
  readonly name: string;
  readonly address: string;
  readonly token: string;
  /** Whether it makes data keys by itself. */
  readonly dataKeys: boolean;
  stop(): Promise<void>;
}

/** A real one where it has been built, else the fake. */
export async function startVault(): Promise<BenchVault> {
  if (existsSync(REAL)) return await startReal();
  const { services, stop } = await startServices(['vault']);
  const { address, token } = services[0]!.backend as unknown as { address: string; token: string };
  return { name: 'the fake of the tests, no real Vault is built', address, token, dataKeys: false, stop };
}

async function startReal(): Promise<BenchVault> {
  const child = spawn(REAL, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const early = ended.then(() => Promise.reject(new Error('Vault ended before it was ready.')));
    const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), early])) as [string];
    const { address, token: root } = JSON.parse(line) as { address: string; token: string };
    return { name: 'a real Vault', address, token: await prepare(address, root), dataKeys: true, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Mounts transit, makes the key, and answers a token with the policy. */
async function prepare(address: string, root: string): Promise<string> {
  const send = (path: string, fields: object) => askVault(address, root, path, fields);
  await send('sys/mounts/transit', { type: 'transit' });
  await send('transit/keys/orders', {});
  await send('sys/policies/acl/kkp', { policy: POLICY });
  const { auth } = (await send('auth/token/create', { policies: ['kkp'], ttl: '1h' })) as {
    auth: { client_token: string };
  };
  return auth.client_token;
}

/** One call of Vault's API. @throws Error for an answer that is no success */
export async function askVault(
  address: string,
  token: string,
  path: string,
  fields: object,
): Promise<{ readonly data?: Readonly<Record<string, string>> }> {
  const response = await fetch(`${address}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-vault-token': token },
    body: JSON.stringify(fields),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}.`);
  return text === '' ? {} : (JSON.parse(text) as { data: Record<string, string> });
}
