import { existsSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { isJsonObject } from '../strict-json.js';

/** A kind of value: how it is read from text or YAML, and what to tell somebody who got it wrong. */
export interface ValueKind<T> {
  /** Completes the sentence "Allowed: ...". */
  readonly allowed: string;
  /** The value, or undefined when `raw` is not of this kind. */
  parse(raw: unknown): T | undefined;
  /** The class of a faulty value in words, where the general one would not help. Never the value. */
  classify?(raw: unknown): string;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A whole number within bounds; `unit` is for the reader ("seconds", "bytes"). */
export const wholeNumber = (min: number, max: number, unit: string): ValueKind<number> => ({
  allowed: `a whole number of ${unit} from ${min} to ${max}`,
  parse: (raw) => {
    const value = typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : undefined;
  },
});

export const oneOf = <const T extends string>(...names: T[]): ValueKind<T> => ({
  allowed: names.map((name) => `"${name}"`).join(', '),
  parse: (raw) => names.find((name) => name === raw),
});

const POLICY_FILE = /\.(rego|wasm|tar\.gz|tgz)$/;

const isPolicy = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.isDirectory() || POLICY_FILE.test(path));
};

/** Where a policy is. What it says is checked when it is loaded. */
export const policyPath: ValueKind<string> = {
  allowed: 'the path of a .rego file, a folder of .rego files, a .wasm file or an OPA bundle .tar.gz',
  parse: (raw) =>
    typeof raw === 'string' && raw !== '' && !raw.includes('\0') && isPolicy(raw) ? raw : undefined,
  classify: (raw) => {
    if (typeof raw !== 'string' || raw === '') return classify(raw);
    return !raw.includes('\0') && existsSync(raw) ? 'a file of another kind' : 'a path where nothing is';
  },
};

export const listenAddress: ValueKind<ListenAddress> = {
  allowed: 'address:port, with an IP address, [IPv6] or "localhost", and a port from 0 to 65535',
  parse: (raw) => {
    const match = typeof raw === 'string' ? /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(raw) : null;
    if (!match) return undefined;
    const host = match[1] ?? match[2] ?? '';
    const port = Number(match[3]);
    const known = host === 'localhost' || isIP(host) === (match[1] === undefined ? 4 : 6);
    return known && port <= 65535 ? { host, port } : undefined;
  },
};

/** Entries of the backend list: the plugin of each kind checks the other members itself. */
export interface BackendEntry {
  readonly kind: string;
  readonly name: string;
  readonly [option: string]: unknown;
}

const isBackendEntry = (raw: unknown): raw is BackendEntry =>
  isJsonObject(raw) && typeof raw.kind === 'string' && typeof raw.name === 'string';

export const backendList: ValueKind<readonly BackendEntry[]> = {
  allowed:
    'a list of at least one backend, each with the members "kind" and "name" and the options of its kind',
  parse: (raw) => (Array.isArray(raw) && raw.length > 0 && raw.every(isBackendEntry) ? raw : undefined),
};

const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** The class of a faulty value, in words: enough to find the mistake, and never the value itself. */
export function classify(raw: unknown): string {
  if (raw === null) return 'nothing';
  if (Array.isArray(raw)) return raw.length === 0 ? 'an empty list' : 'a list';
  if (typeof raw === 'object') return 'an object';
  if (typeof raw === 'boolean') return 'true or false';
  if (raw === '') return 'an empty value';
  const number = typeof raw === 'string' && NUMBER.test(raw) ? Number(raw) : raw;
  if (typeof number !== 'number') return 'text';
  if (!Number.isInteger(number)) return 'a number that is not whole';
  return number < 0 ? 'a negative number' : 'a number';
}
