import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KKP, type ServerKind } from './server-process.js';

/**
 * Runs `work` with a KKP of the configuration, which is ready when its backends have answered. The file is gone
 * afterwards.
 */
export async function withKkp<T>(
  { name, config, env }: { name: string; config: object; env?: Readonly<Record<string, string>> },
  work: (kind: ServerKind) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-bench-'));
  try {
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
    return await work({ ...KKP, name, env: { ...env, KKP_CONFIG: path }, probe: '/readyz' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
