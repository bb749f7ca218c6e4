import { classify, inFile } from '../config-error.js';
import { isJsonObject } from '../strict-json.js';
import { isBackendName, NAME_ALLOWED } from './plugin-checks.js';

/** One backend of the server's configuration; the other members are the options of its kind. */
export interface BackendEntry {
  readonly kind: string;
  readonly name: string;
  readonly [option: string]: unknown;
}

/** Kinds that need no package name. */
const BUILT_IN: ReadonlyMap<string, string> = new Map(
  ['aws', 'azure', 'gcp', 'local', 'memory', 'pkcs11', 'vault'].map((kind) => [kind, `kkp-plugin-${kind}`]),
);
/** A whole package name, so that a path, a URL or a `node:` module can never be one. */
const PLUGIN_PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?kkp-plugin-[a-z0-9._~-]+$/;
const ALLOWED_KINDS = `${[...BUILT_IN.keys()].map((kind) => `"${kind}"`).join(', ')} or the name of a package "kkp-plugin-*" or "@scope/kkp-plugin-*"`;

/** The package that holds the plugin of a kind. */
export const pluginPackage = (kind: string): string => BUILT_IN.get(kind) ?? kind;

const isKind = (kind: unknown): boolean =>
  typeof kind === 'string' && PLUGIN_PACKAGE.test(pluginPackage(kind));

/** How a fault names the entry at `index`. */
export const entryAt = (index: number): string => inFile(`backends[${index}]`);

/** What keeps `entry` from being a `BackendEntry`; empty when it is one. Its options are for its plugin to check. */
export function entryFaults(entry: unknown, index: number): string[] {
  const where = entryAt(index);
  if (!isJsonObject(entry)) {
    return [
      `${where}: got ${classify(entry)}. Allowed: an object with "kind", "name" and the options of its kind.`,
    ];
  }
  const { kind, name } = entry;
  const faults: string[] = [];
  if (!isKind(kind)) faults.push(`${where}.kind: got ${classify(kind)}. Allowed: ${ALLOWED_KINDS}.`);
  if (!isBackendName(name)) faults.push(`${where}.name: got ${classify(name)}. Allowed: ${NAME_ALLOWED}.`);
  return faults;
}

/** Names that an earlier entry has too. */
export function nameClashes(entries: readonly unknown[]): string[] {
  const names = entries.map((entry) => (isJsonObject(entry) ? entry.name : undefined));
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index || !isBackendName(name)) return [];
    return [
      `${entryAt(index)}.name: the same as backends[${first}].name. Allowed: a name that no other backend has.`,
    ];
  });
}
