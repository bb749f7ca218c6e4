import { isKmsPluginFactory, type KmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { ConfigError } from '../config-error.js';
import { entryAt, entryFaults, nameClashes, pluginPackage, type BackendEntry } from './backend-entry.js';

/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

const importPackage: ImportPackage = (name) => import(name);

/**
 * Makes plugins of the server's configuration. Opens nothing.
 *
 * @throws ConfigError with the faults of all entries, and no option's value
 */
export async function loadBackendPlugins(
  entries: readonly unknown[],
  load: ImportPackage = importPackage,
): Promise<KmsPlugin[]> {
  const results = await Promise.all(entries.map((entry, index) => loadEntry(entry, index, load)));
  const faults = [...results.flatMap((result) => result.faults ?? []), ...nameClashes(entries)];
  if (faults.length > 0) throw new ConfigError(faults);
  return results.flatMap((result) => result.plugin ?? []);
}

async function loadEntry(
  entry: unknown,
  index: number,
  load: ImportPackage,
): Promise<{ plugin?: KmsPlugin; faults?: string[] }> {
  const faults = entryFaults(entry, index);
  if (faults.length > 0) return { faults };
  try {
    return { plugin: await loadPlugin(entry as BackendEntry, load) };
  } catch (error) {
    return { faults: [`${entryAt(index)}: ${messageOf(error)}`] };
  }
}

async function loadPlugin({ kind, ...options }: BackendEntry, load: ImportPackage): Promise<KmsPlugin> {
  const factory = await loadFactory(pluginPackage(kind), load);
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
