import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalKeyStore } from 'kkp-plugin-local';
import type { FaultyService } from '../../test/support/services/index.js';

/** A store of files with one key. Nothing stands between it and its backend. */
export async function startLocal(): Promise<Omit<FaultyService, 'proxy' | 'otherKey'>> {
  const folder = await mkdtemp(join(tmpdir(), 'kkp-bench-local-'));
  const dir = join(folder, 'store');
  const rootKeyFile = join(folder, 'root.key');
  await writeFile(rootKeyFile, randomBytes(32), { mode: 0o600 });
  const store = await LocalKeyStore.create({ dir, root: { kind: 'key', file: rootKeyFile } });
  await store.createKey('orders');
  return {
    backend: { kind: 'local', dir, rootKeyFile },
    keyId: 'orders',
    stop: () => rm(folder, { recursive: true }),
  };
}
