import { existsSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { BackendEntry } from '../backends/index.js';
import { classify } from '../config-error.js';

/** A kind of value: how it is read, and what to tell somebody who got it wrong. */
export interface ValueKind<T> {
  /** Completes the sentence "Allowed: ...". */
  readonly allowed: string;
  /** The value, or undefined when `raw` is not of this kind. */
  parse(raw: unknown): T | undefined;
  /** What the text of a variable stands for, where that is not text: a file says numbers as numbers. */
  fromText?(text: string): unknown;
  /** The class of a faulty value in words, where the general one would not help. Never the value. */
  classify?(raw: unknown): string;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/** A whole number within bounds; `unit` is for the reader ("seconds", "bytes"). */
export const wholeNumber = (min: number, max: number, unit: string): ValueKind<number> => ({
  allowed: `a whole number of ${unit} from ${min} to ${max}`,
  parse: (raw) =>
    typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max ? raw : undefined,
  fromText: (text) => (NUMBER.test(text) ? Number(text) : text),
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

/** A path. What is there is looked at by whoever opens it. */
export const filePath: ValueKind<string> = {
  allowed: 'a path',
  parse: (raw) => (typeof raw === 'string' && raw !== '' && !raw.includes('\0') ? raw : undefined),
};

/** Key services. The entries are checked where their plugins are loaded, each by itself, before anybody uses them. */
export const backendList: ValueKind<readonly BackendEntry[]> = {
  allowed:
    'a list of at least one backend, each with the members "kind" and "name" and the options of its kind',
  parse: (raw) => (Array.isArray(raw) && raw.length > 0 ? (raw as BackendEntry[]) : undefined),
};
