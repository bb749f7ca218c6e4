import { ConfigError } from '../config-error.js';
import { defaultExportOf, importPackage, type ImportPackage } from '../import-package.js';
import type { Authenticator } from './authenticator.js';
import {
  builtInFactory,
  callerAt,
  entryFaults,
  ownerClashes,
  type AuthenticatorFactory,
  type CallerEntry,
} from './caller-entry.js';

/**
 * Makes authenticators of the server's configuration. Opens nothing.
 *
 * @throws ConfigError with the faults of all entries, and no option's value
 */
export async function loadAuthenticators(
  entries: readonly unknown[],
  load: ImportPackage = importPackage,
): Promise<Authenticator[]> {
  const results = await Promise.all(entries.map((entry, index) => loadEntry(entry, index, load)));
  const faults = [...results.flatMap((result) => result.faults ?? []), ...ownerClashes(entries)];
  if (faults.length > 0) throw new ConfigError(faults);
  return results.flatMap((result) => result.authenticator ?? []);
}

async function loadEntry(
  entry: unknown,
  index: number,
  load: ImportPackage,
): Promise<{ authenticator?: Authenticator; faults?: string[] }> {
  const faults = entryFaults(entry, index);
  if (faults.length > 0) return { faults };
  const { kind, ...options } = entry as CallerEntry;
  try {
    const make = builtInFactory(kind) ?? (await loadFactory(kind, load));
    return { authenticator: checked(make(options), kind) };
  } catch (error) {
    return { faults: faultsOf(error, callerAt(index)) };
  }
}

async function loadFactory(name: string, load: ImportPackage): Promise<AuthenticatorFactory> {
  const factory = await defaultExportOf(name, load);
  if (typeof factory === 'function') return factory as AuthenticatorFactory;
  throw new Error(`package ${name} is no authenticator: its default export is not a function.`);
}

function checked(made: unknown, kind: string): Authenticator {
  if (typeof (made as Partial<Authenticator> | undefined)?.authenticate === 'function')
    return made as Authenticator;
  throw new Error(`${kind} made no authenticator: the method authenticate is missing.`);
}

function faultsOf(error: unknown, where: string): string[] {
  if (error instanceof ConfigError) return error.faults.map((fault) => `${where}.${fault}`);
  return [`${where}: ${error instanceof Error ? error.message : String(error)}`];
}
