import { isJsonObject } from '../../strict-json.js';
import { jsonOf, type PolicyFiles } from './files.js';

/** What KKP takes from a bundle's `.manifest`. Its roots matter only where several bundles share one OPA. */
interface Manifest {
  revision?: string;
  /** Entry point to the module that has it, as a name in the bundle. */
  modules: ReadonlyMap<string, string>;
}

const REVISION = /^[\x20-\x7e]{1,200}$/;

/** @throws Error when the bundle is signed, is a patch, or has a manifest of another shape */
export function readManifest(files: PolicyFiles): Manifest {
  if (files.has('.signatures.json')) {
    throw new Error('the bundle is signed, and KKP cannot verify that: it takes unsigned bundles only');
  }
  if (files.has('patch.json')) {
    throw new Error('the bundle is a delta: KKP takes whole bundles only');
  }
  const bytes = files.get('.manifest');
  const manifest = bytes === undefined ? {} : jsonOf('.manifest', bytes);
  if (!isJsonObject(manifest)) {
    throw new Error('.manifest is not a JSON object');
  }
  const { revision = '', wasm = [] } = manifest;
  if (revision !== '' && (typeof revision !== 'string' || !REVISION.test(revision))) {
    throw new Error('.manifest: revision is not 1 to 200 printable ASCII characters');
  }
  const modules = readModules(wasm, files);
  return revision === '' ? { modules } : { revision, modules };
}

function readModules(resolvers: unknown, files: PolicyFiles): Map<string, string> {
  const modules = new Map<string, string>();
  for (const resolver of Array.isArray(resolvers) ? (resolvers as unknown[]) : [resolvers]) {
    if (
      !isJsonObject(resolver) ||
      typeof resolver.entrypoint !== 'string' ||
      typeof resolver.module !== 'string'
    ) {
      throw new Error('.manifest: wasm is not an array of {entrypoint, module}');
    }
    const name = resolver.module.replace(/^\//, '');
    if (!files.has(name)) {
      throw new Error(`.manifest: the module ${resolver.module} is not in the bundle`);
    }
    modules.set(resolver.entrypoint, name);
  }
  return modules;
}
