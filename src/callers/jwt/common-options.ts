import type { OptionReader } from 'kkp-plugin-kit';
import { isText, readScopeTable, type ScopeTable } from '../options.js';
import type { KeySetLimits } from './key-set.js';
import type { IssuerAccess, KeyLocation } from './key-sources.js';
import { isSafeUrl, SAFE_URL } from './urls.js';

/** Options of every kind of JWT credential. */
export interface CommonOptions {
  /** The name of this proxy in `aud`. */
  readonly audience: string;
  /** How far the clocks of issuer and proxy may differ: 0 to 60, default 30. */
  readonly clockSkewSeconds?: number;
  /** Longest `exp - iat`: 60 to 2,678,400, default 86,400. */
  readonly maxLifetimeSeconds?: number;
  /** Age at which keys are asked for anew: 10 to 86,400, default 600. */
  readonly keysMaxAgeSeconds?: number;
  /** Age up to which they serve while they cannot be renewed: 10 to 604,800, default 3,600. */
  readonly keysMaxStaleSeconds?: number;
  /** PEM file with the authorities that vouch for the issuer's server. Default: Node's own. */
  readonly caFile?: string;
  /** Which names mean which of KKP's scopes: `{"kkp:admin": ["ops"]}`. Default: none means any. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
}

interface CommonConfig {
  readonly audience: string;
  readonly clockSkewSeconds: number;
  readonly maxLifetimeSeconds: number;
  readonly keys: { readonly maxAgeSeconds: number; readonly maxStaleSeconds: number };
  readonly caFile: string | undefined;
  readonly scopes: ScopeTable;
}

const DAY = 86_400;

export function readCommonOptions(read: OptionReader): CommonConfig {
  const maxAgeSeconds = read.integer('keysMaxAgeSeconds', { min: 10, max: DAY }, 600);
  const staleFallback = Math.max(3_600, maxAgeSeconds);
  const maxStaleSeconds = read.integer('keysMaxStaleSeconds', { min: 10, max: 7 * DAY }, staleFallback);
  if (maxStaleSeconds < maxAgeSeconds)
    read.fault('keysMaxStaleSeconds', 'must be at least keysMaxAgeSeconds');
  return {
    audience: read.string('audience', 'must be the name of this proxy in the claim aud', isText),
    clockSkewSeconds: read.integer('clockSkewSeconds', { min: 0, max: 60 }, 30),
    maxLifetimeSeconds: read.integer('maxLifetimeSeconds', { min: 60, max: 31 * DAY }, DAY),
    keys: { maxAgeSeconds, maxStaleSeconds },
    caFile: readPath(read, 'caFile'),
    scopes: readScopeTable(read),
  };
}

export const readPath = (read: OptionReader, option: string): string | undefined =>
  read.optionalString(option, 'must be the path of a file', (text) => isText(text) && !text.includes('\0'));

/** At most one of the two options; undefined when there is neither. */
export function readLocation(
  read: OptionReader,
  urlOption: string,
  fileOption: string,
): KeyLocation | undefined {
  const url = read.optionalString(urlOption, SAFE_URL, isSafeUrl);
  const path = readPath(read, fileOption);
  if (url !== undefined && path !== undefined)
    read.fault(fileOption, `must not be there beside ${urlOption}`);
  if (url !== undefined) return { from: 'url', url };
  return path === undefined ? undefined : { from: 'file', path };
}

/** Where `jwksUrl` or `jwksFile` says; without them, where the issuer's discovery document does. */
export function readIssuerLocation(read: OptionReader, issuer: string): KeyLocation {
  const location = readLocation(read, 'jwksUrl', 'jwksFile');
  if (location) return location;
  if (issuer !== '' && !isSafeUrl(issuer))
    read.fault('issuer', `${SAFE_URL}, unless there is jwksUrl or jwksFile`);
  return { from: 'issuer', issuer };
}

/** A file costs nothing to read, so that a changed one is seen within seconds; a server has a cool-down. */
export const limitsOf = ({ keys }: CommonConfig, { from }: KeyLocation): KeySetLimits => ({
  maxAgeMs: from === 'file' ? 5_000 : keys.maxAgeSeconds * 1000,
  maxStaleMs: keys.maxStaleSeconds * 1000,
  coolDownMs: from === 'file' ? 1_000 : 30_000,
  retryMs: from === 'file' ? 1_000 : 5_000,
});

export const accessOf = (caFile: string | undefined, tokenFile?: string): IssuerAccess => ({
  ...(caFile !== undefined && { caFile }),
  ...(tokenFile !== undefined && { tokenFile }),
});
