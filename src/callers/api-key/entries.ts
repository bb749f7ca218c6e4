import { classify } from '../../config-error.js';
import { isJsonObject } from '../../strict-json.js';
import { ID, readHash, type KeyHash } from './key-text.js';

/** One API key as it is configured: nothing of it opens anything. */
export interface ApiKeyEntry {
  /** The part of the key by which it is found. */
  readonly id: string;
  /** Who holds it: the id of the caller. Two keys may share a name, as while one replaces the other. */
  readonly name: string;
  /** What `kkp apikey create` gave: `hmac-sha256:<salt>:<mac>`. */
  readonly hash: string;
  readonly scopes?: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** RFC 3339, from which moment on the key is refused. */
  readonly expires_at?: string;
}

interface ApiKey {
  readonly name: string;
  readonly hash: KeyHash;
  readonly scopes: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Unix milliseconds; infinite for a key without an end. */
  readonly expiresAt: number;
}

export type ApiKeys = ReadonlyMap<string, ApiKey>;

type Fault = (path: string, allowed: string) => void;

const NAME = /^[^\p{Cc}]{1,512}$/u;
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/;

export const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);
export const isScope = (value: unknown): value is string => typeof value === 'string' && SCOPE.test(value);

/** What each member must be. */
const MEMBERS: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  id: [(value) => typeof value === 'string' && ID.test(value), '16 hexadecimal digits'],
  name: [isName, 'text of 1 to 512 characters'],
  hash: [
    (value) => typeof value === 'string' && readHash(value) !== undefined,
    'as "kkp apikey create" gave it',
  ],
  scopes: [
    (value) => value === undefined || (Array.isArray(value) && value.every(isScope)),
    'a list of scopes',
  ],
  attributes: [(value) => value === undefined || isJsonObject(value), 'an object'],
  expires_at: [
    (value) =>
      value === undefined || (typeof value === 'string' && TIME.test(value) && !isNaN(Date.parse(value))),
    'a time like 2027-01-31T00:00:00Z',
  ],
};

/** The keys by their ids. Tells `fault` of everything that is wrong, by its place below `where`, and repeats no value. */
export function readEntries(list: unknown, where: string, fault: Fault): ApiKeys {
  const keys = new Map<string, ApiKey>();
  if (!Array.isArray(list)) {
    fault(where, `must be a list of API keys, and is ${classify(list)}`);
    return keys;
  }
  list.forEach((entry: unknown, index) => {
    const at = `${where}[${index}]`;
    if (!isEntry(entry, at, fault)) return;
    if (keys.has(entry.id)) fault(`${at}.id`, 'must be that of no other key');
    const hash = readHash(entry.hash);
    if (hash) keys.set(entry.id, toKey(entry, hash));
  });
  return keys;
}

function isEntry(entry: unknown, at: string, fault: Fault): entry is ApiKeyEntry {
  if (!isJsonObject(entry)) {
    fault(at, `must be an object, and is ${classify(entry)}`);
    return false;
  }
  const names = Object.keys(MEMBERS);
  const unknown = Object.keys(entry).filter((name) => !names.includes(name));
  const wrong = Object.entries(MEMBERS).filter(([name, [isGood]]) => !isGood(entry[name]));
  for (const name of unknown) fault(`${at}.${name}`, `is unknown; allowed are ${names.join(', ')}`);
  for (const [name, [, allowed]] of wrong) fault(`${at}.${name}`, `must be ${allowed}`);
  return unknown.length + wrong.length === 0;
}

const toKey = ({ name, scopes = [], attributes = {}, expires_at }: ApiKeyEntry, hash: KeyHash): ApiKey => ({
  name,
  hash,
  scopes,
  attributes,
  expiresAt: expires_at === undefined ? Infinity : Date.parse(expires_at),
});
