import { OptionReader } from 'kkp-plugin-kit';
import { ConfigError } from '../config-error.js';
import { isJsonObject } from '../strict-json.js';
import { SCOPES } from './caller.js';

/**
 * What `parse` makes of an authenticator's options.
 * @throws ConfigError that lists every faulty option with what is allowed, and no value
 */
export function readOptions<T>(options: unknown, parse: (read: OptionReader) => T): T {
  const read = new OptionReader(options);
  const parsed = parse(read);
  const faults = read.faults();
  if (faults.length > 0) throw new ConfigError(faults.map(({ path, allowed }) => `${path}: ${allowed}.`));
  return parsed;
}

/** KKP's scopes, each with the names that mean it: `{"kkp:admin": ["ops", "sre"]}`. */
export type ScopeTable = ReadonlyMap<string, readonly string[]>;

const KNOWN_SCOPES: readonly string[] = Object.values(SCOPES);

/** The option `scopes`. Without it nobody has any: a name that somebody else gives means nothing to KKP by itself. */
export function readScopeTable(read: OptionReader): ScopeTable {
  const table = read.value('scopes') ?? {};
  if (!isJsonObject(table)) {
    read.fault('scopes', `must be an object of lists, by ${KNOWN_SCOPES.join(' and ')}`);
    return new Map();
  }
  const rows = new OptionReader(table);
  const scopes = new Map(KNOWN_SCOPES.map((scope) => [scope, rows.strings(scope)]));
  for (const { path, allowed } of rows.faults()) read.fault(`scopes.${path}`, allowed);
  return scopes;
}

/** The scopes that somebody with these names has. */
export const scopesFor = (names: readonly string[], table: ScopeTable): string[] =>
  [...table].filter(([, meant]) => meant.some((name) => names.includes(name))).map(([scope]) => scope);

export const isText = (text: string): boolean => text !== '' && text.length <= 512;
