import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../../support/process.js';

const RECORD = new URL('./record.mjs', import.meta.url).href;

/** The packages that a key service's library is of. */
export const SDK =
  /^(?:@aws-sdk\/|@aws-crypto\/|@smithy\/|@azure\/|@google-cloud\/|google-|gaxios$|gtoken$|pkcs11js$)/;

export interface Loaded {
  /** Third-party packages, by name. */
  readonly packages: readonly string[];
  /** Plugins of this repository, by kind. */
  readonly plugins: readonly string[];
}

/** Starts a real server with these backends, stops it, and tells what it loaded. `undefined`: without configuration. */
export async function loadedBy(backends: readonly object[] | undefined): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-loaded-'));
  try {
    const [record, config] = [join(folder, 'record'), join(folder, 'kkp.yaml')];
    if (backends) writeFileSync(config, JSON.stringify({ backends }));
    const server = await startProcess({
      NODE_OPTIONS: `--import=${RECORD}`,
      KKP_RECORD: record,
      ...(backends && { KKP_CONFIG: config }),
    });
    server.child.kill('SIGTERM');
    const { code } = await server.finished;
    if (code !== 0) throw new Error(`The server ended with ${code}.`);
    return sort(readFileSync(record, 'utf8').split('\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sort(modules: readonly string[]): Loaded {
  const all = (pattern: RegExp) =>
    [...new Set(modules.flatMap((path) => pattern.exec(path)?.[1] ?? []))].sort();
  return {
    packages: all(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/),
    plugins: all(/\/plugins\/([^/]+)\/dist\//),
  };
}
