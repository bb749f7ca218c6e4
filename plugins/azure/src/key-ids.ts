import type { KeyPin } from 'kkp-plugin-kit';
import { KEY_NAME } from './config.js';

/** A key of the vault, at one version or at the current one. */
export interface KeyRef {
  /** In lower case: names of keys have no case. */
  readonly name: string;
  readonly version?: string;
}

const VERSION = /^[0-9a-f]{32}$/;

export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/**
 * Reads a name, or a key's URL in this vault with or without its version. Undefined for any other text: no host is ever
 * taken from a key id.
 */
export function readKeyId(vaultUrl: string, text: string): KeyRef | undefined {
  const own = `${vaultUrl}/keys/`;
  const lower = text.toLowerCase();
  const path = lower.startsWith(own) ? lower.slice(own.length) : lower;
  const [name = '', version, ...rest] = path.split('/');
  const pinned = version !== undefined;
  if (!KEY_NAME.test(name) || rest.length > 0 || (pinned && !isVersion(version))) return undefined;
  if (pinned && path === lower) return undefined;
  return { name, ...(pinned && { version }) };
}

export function canonicalId(vaultUrl: string, name: string): string {
  return `${vaultUrl}/keys/${name}`;
}

/** The pin that an answer's `kid` names; undefined when it is not one version of the asked key. */
export function readKid(vaultUrl: string, kid: unknown, asked: KeyRef): Required<KeyPin> | undefined {
  if (typeof kid !== 'string') return undefined;
  const own = `${canonicalId(vaultUrl, asked.name)}/`;
  const lower = kid.toLowerCase();
  const version = lower.slice(own.length);
  if (!lower.startsWith(own) || !isVersion(version)) return undefined;
  if (asked.version !== undefined && asked.version !== version) return undefined;
  return { keyId: canonicalId(vaultUrl, asked.name), version };
}
