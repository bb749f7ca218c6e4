import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hostBuiltinNames } from '../builtins/index.js';
import { compilePolicy } from '../compiler/index.js';
import type { PolicySource } from '../engine.js';
import { readBundle } from './bundle.js';
import { mergeData } from './data.js';
import { textOf, type PolicyFiles } from './files.js';
import { readFolder } from './folder.js';
import { readManifest } from './manifest.js';

export interface ReadOptions {
  entrypoint: string;
  maxSourceBytes: number;
  maxUnpackedBytes: number;
}

/** Reads, and compiles if need be, whatever the path leads to. @throws Error */
export async function readSource(path: string, options: ReadOptions): Promise<PolicySource> {
  if ((await stat(path)).isDirectory()) {
    return fromRego(await readFolder(path, options.maxSourceBytes), options, (name) => join(path, name));
  }
  const bytes = await readCapped(path, options.maxSourceBytes);
  if (path.endsWith('.rego')) {
    return fromRego(new Map([[basename(path), bytes]]), options, () => path);
  }
  if (path.endsWith('.wasm')) {
    return withRevision(bytes, {});
  }
  if (path.endsWith('.tar.gz') || path.endsWith('.tgz')) {
    return fromBundle(await readBundle(bytes, options.maxUnpackedBytes), options);
  }
  throw new Error('a policy is a .rego file, a folder of them, a .wasm module, or an OPA bundle .tar.gz');
}

async function fromBundle(files: PolicyFiles, options: ReadOptions): Promise<PolicySource> {
  const manifest = readManifest(files);
  const wasm = files.get(manifest.modules.get(options.entrypoint) ?? 'policy.wasm');
  const source =
    wasm === undefined
      ? await fromRego(files, options, (name) => name)
      : withRevision(wasm, mergeData(files));
  return manifest.revision === undefined ? source : { ...source, revision: manifest.revision };
}

async function fromRego(
  files: PolicyFiles,
  { entrypoint }: ReadOptions,
  shownAs: (name: string) => string,
): Promise<PolicySource> {
  const rego = [...files].filter(([name]) => name.endsWith('.rego'));
  if (rego.length === 0) {
    throw new Error('there is no .rego file in it');
  }
  const data = mergeData(files);
  const { wasm } = await compilePolicy({
    files: Object.fromEntries(rego.map(([name, bytes]) => [shownAs(name), textOf(name, bytes)])),
    data,
    entrypoints: [entrypoint],
    hostBuiltins: hostBuiltinNames,
  });
  return withRevision(wasm, data);
}

function withRevision(wasm: Uint8Array, data: PolicySource['data']): PolicySource {
  const digest = createHash('sha256').update(wasm).update(JSON.stringify(data)).digest('hex');
  return { wasm, data, revision: `sha256:${digest.slice(0, 12)}` };
}

async function readCapped(path: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxBytes) {
    throw new Error(`it has ${size} bytes; ${maxBytes} are allowed`);
  }
  return readFile(path);
}
