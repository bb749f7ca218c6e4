import { isKmsPluginFactory, type KmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { ConfigError } from '../config-error.js';
import { defaultExportOf, importPackage, type ImportPackage } from '../import-package.js';
import { entryAt, entryFaults, nameClashes, pluginPackage, type BackendEntry } from './backend-entry.js';

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
  const factory = await defaultExportOf(name, load);
  if (isKmsPluginFactory(factory)) return factory;
  throw new Error(
    `package ${name} is no plugin for API 1: its default export is not made by defineKmsPlugin.`,
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
