import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { compilePolicy, type PolicySources } from '../compiler/index.js';
import type { PolicySource } from '../engine.js';
import { readBundle } from './bundle.js';
import { mergeData } from './data.js';
import { readCapped, type PolicyFiles } from './files.js';
import { readManifest } from './manifest.js';
import { readPolicySources, regoSources } from './sources.js';

interface ReadOptions {
  entrypoint: string;
  maxSourceBytes: number;
  maxUnpackedBytes: number;
}

/** Reads, and compiles if need be, whatever the path leads to. @throws Error */
export async function readSource(path: string, options: ReadOptions): Promise<PolicySource> {
  const { entrypoint, maxSourceBytes, maxUnpackedBytes } = options;
  if (path.endsWith('.rego') || (await stat(path)).isDirectory()) {
    return compiled(await readPolicySources(path, maxSourceBytes), entrypoint);
  }
  if (path.endsWith('.wasm')) {
    return withRevision(await readCapped(path, maxSourceBytes), {});
  }
  if (path.endsWith('.tar.gz') || path.endsWith('.tgz')) {
    const bytes = await readCapped(path, maxSourceBytes);
    return fromBundle(await readBundle(bytes, maxUnpackedBytes), entrypoint);
  }
  throw new Error('a policy is a .rego file, a folder of them, a .wasm module, or an OPA bundle .tar.gz');
}

async function fromBundle(files: PolicyFiles, entrypoint: string): Promise<PolicySource> {
  const { revision, modules } = readManifest(files);
  const wasm = files.get(modules.get(entrypoint) ?? 'policy.wasm');
  const source =
    wasm === undefined
      ? await compiled(regoSources(files), entrypoint)
      : withRevision(wasm, mergeData(files));
  return revision === undefined ? source : { ...source, revision };
}

async function compiled(sources: PolicySources, entrypoint: string): Promise<PolicySource> {
  const { wasm } = await compilePolicy({ ...sources, entrypoints: [entrypoint] });
  // The module holds the paths of its files: its sources alone say whether two servers have the same policy.
  const texts = Object.entries(sources.files).sort(([a], [b]) => (a < b ? -1 : 1));
  return withRevision(wasm, sources.data ?? {}, JSON.stringify(texts.map(([, text]) => text)));
}

function withRevision(
  wasm: Uint8Array,
  data: PolicySource['data'],
  identity: string | Uint8Array = wasm,
): PolicySource {
  const digest = createHash('sha256').update(identity).update(JSON.stringify(data)).digest('hex');
  return { wasm, data, revision: `sha256:${digest.slice(0, 12)}` };
}
