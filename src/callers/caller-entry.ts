import { classify, inFile } from '../config-error.js';
import { isJsonObject } from '../strict-json.js';
import { apiKey } from './api-key/index.js';
import type { Authenticator } from './authenticator.js';
import { jwt, kubernetes, spiffe } from './jwt/index.js';
import { mtls } from './mtls/index.js';

/** One authenticator of the server's configuration; the other members are the options of its kind. */
export interface CallerEntry {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** What a package `kkp-authenticator-*` exports as its default. Opens nothing. */
export type AuthenticatorFactory = (options: Readonly<Record<string, unknown>>) => Authenticator;

interface BuiltIn {
  readonly make: AuthenticatorFactory;
  /** The option that says whose credentials they are: no two authenticators may have the same. `kind`: there is one at most. */
  readonly owner?: 'issuer' | 'kind' | 'trustDomain';
}

/** A built-in checks its options itself, whatever type they are said to be. */
const builtIn = (make: (options: never) => Authenticator, owner?: BuiltIn['owner']): BuiltIn => ({
  make: make as AuthenticatorFactory,
  ...(owner && { owner }),
});

const BUILT_IN: ReadonlyMap<unknown, BuiltIn> = new Map<unknown, BuiltIn>([
  ['api_key', builtIn(apiKey, 'kind')],
  ['jwt', builtIn(jwt, 'issuer')],
  ['kubernetes', builtIn(kubernetes, 'issuer')],
  ['mtls', builtIn(mtls, 'kind')],
  ['spiffe', builtIn(spiffe, 'trustDomain')],
]);

/** A whole package name, so that a path, a URL or a `node:` module can never be one. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?kkp-authenticator-[a-z0-9._~-]+$/;
const ALLOWED_KINDS = `${[...BUILT_IN.keys()].map((kind) => `"${String(kind)}"`).join(', ')} or the name of a package "kkp-authenticator-*" or "@scope/kkp-authenticator-*"`;

/** The factory of a kind that needs no package. */
export const builtInFactory = (kind: string): AuthenticatorFactory | undefined => BUILT_IN.get(kind)?.make;

/** How a fault names the entry at `index`. */
export const callerAt = (index: number): string => inFile(`callers[${index}]`);

/** What keeps `entry` from being a `CallerEntry`; empty when it is one. Its options are for its authenticator to check. */
export function entryFaults(entry: unknown, index: number): string[] {
  const where = callerAt(index);
  if (!isJsonObject(entry)) {
    return [`${where}: got ${classify(entry)}. Allowed: an object with "kind" and the options of its kind.`];
  }
  const { kind } = entry;
  if (BUILT_IN.has(kind) || (typeof kind === 'string' && PACKAGE.test(kind))) return [];
  return [`${where}.kind: got ${classify(kind)}. Allowed: ${ALLOWED_KINDS}.`];
}

/** Entries for credentials that an earlier entry is for too: each would refuse what the other takes. */
export function ownerClashes(entries: readonly unknown[]): string[] {
  const owners = entries.map(ownerOf);
  return owners.flatMap((owner, index) => {
    const first = owners.findIndex((other) => other?.option === owner?.option && other?.name === owner?.name);
    if (!owner || first === index) return [];
    return [
      `${callerAt(index)}.${owner.option}: the same as callers[${first}].${owner.option}. Allowed: one that no other entry has.`,
    ];
  });
}

function ownerOf(entry: unknown): { option: string; name: string } | undefined {
  if (!isJsonObject(entry)) return undefined;
  const option = BUILT_IN.get(entry.kind)?.owner;
  const name = option === undefined ? undefined : entry[option];
  return option !== undefined && typeof name === 'string' ? { option, name } : undefined;
}
