import { isKmsPluginFactory, type KmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { ConfigError } from '../config-error.js';

/** One backend of the server's configuration; the other members are the options of its kind. */
export interface BackendEntry {
  readonly kind: string;
  readonly name: string;
  readonly [option: string]: unknown;
}

/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

/** Kinds that need no package name. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['aws', 'kkp-plugin-aws'],
  ['memory', 'kkp-plugin-memory'],
]);
/** A whole package name, so that a path, a URL or a `node:` module can never be one. */
const PLUGIN_PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?kkp-plugin-[a-z0-9._~-]+$/;
const ALLOWED_KINDS = `${[...BUILT_IN.keys()].map((kind) => `"${kind}"`).join(', ')} or the name of a package "kkp-plugin-*" or "@scope/kkp-plugin-*"`;

const importPackage: ImportPackage = (name) => import(name);

/**
 * Makes plugins of the server's configuration. Opens nothing.
 *
 * @throws ConfigError with the faults of all entries, and no option's value
 */
export async function loadBackendPlugins(
  entries: readonly BackendEntry[],
  load: ImportPackage = importPackage,
): Promise<KmsPlugin[]> {
  const results = await Promise.allSettled(entries.map((entry) => loadPlugin(entry, load)));
  const faults = results.flatMap((result, index) =>
    result.status === 'rejected' ? [`backends[${index}]: ${messageOf(result.reason)}`] : [],
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

async function loadPlugin({ kind, ...options }: BackendEntry, load: ImportPackage): Promise<KmsPlugin> {
  const name = BUILT_IN.get(kind) ?? kind;
  if (!PLUGIN_PACKAGE.test(name)) throw new Error(`kind must be ${ALLOWED_KINDS}.`);
  const factory = await loadFactory(name, load);
  return factory(options);
}

async function loadFactory(name: string, load: ImportPackage): Promise<KmsPluginFactory> {
  const loaded = await load(name).catch((cause: unknown) => {
    const text = isMissing(cause, name)
      ? `package ${name} is not installed: npm install ${name}`
      : `package ${name} failed to load: ${messageOf(cause)}`;
    throw new Error(text, { cause });
  });
  const factory = (loaded as { default?: unknown }).default;
  if (isKmsPluginFactory(factory)) return factory;
  throw new Error(
    `package ${name} is no plugin for API 1: its default export is not made by defineKmsPlugin.`,
  );
}

/** Whether the package itself is missing, and not something that it needs. */
const isMissing = (cause: unknown, name: string): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  cause.code === 'ERR_MODULE_NOT_FOUND' &&
  cause.message.includes(`'${name}'`);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
