import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';
import { parseCredentials, type Credentials, type CredentialOptions } from './credentials.js';
import { isPath, PATH_ALLOWED } from './path.js';

export interface VaultOptions extends KmsPluginOptions, CredentialOptions {
  /** Where Vault answers, for example `https://vault.example.com:8200`. A path is a prefix of the API's own. */
  readonly address: string;
  /** Whether `http:` may be used beyond the loopback interface. Default false: the token and the keys would be read. */
  readonly allowHttp?: boolean;
  /** Mount path of the transit engine. Default `transit`. */
  readonly mount?: string;
  /** Namespace of the mounts (Vault Enterprise, HCP, OpenBao). Default: the root namespace. */
  readonly namespace?: string;
}

export interface VaultConfig {
  /** Without a trailing slash. */
  readonly address: string;
  readonly mount: string;
  readonly namespace: string | undefined;
  readonly credentials: Credentials;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export function parseConfig(read: OptionReader): VaultConfig {
  const allowHttp = read.boolean('allowHttp', false);
  const allowed = allowHttp
    ? 'must be an http or https URL without credentials, query and fragment'
    : 'must be an https URL (http only to loopback) without credentials, query and fragment';
  return {
    address: read.string('address', allowed, (text) => isAddress(text, allowHttp)).replace(/\/+$/, ''),
    mount: read.optionalString('mount', PATH_ALLOWED, isPath) ?? 'transit',
    namespace: read.optionalString('namespace', PATH_ALLOWED, isPath),
    credentials: parseCredentials(read),
  };
}

function isAddress(text: string, allowHttp: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '' || /[?#\s]/.test(text)) return false;
  return protocol === 'https:' || (protocol === 'http:' && (allowHttp || LOOPBACK.test(hostname)));
}
