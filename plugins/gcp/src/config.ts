import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';
import type { CredentialChoice } from './credentials.js';
import { isKeyId, KEY_ID_ALLOWED } from './key-id.js';
import type { GcpCredential } from './tokens.js';

/** Options of the service and its keys. */
export interface GcpServiceOptions extends KmsPluginOptions {
  /** Where Cloud KMS answers. Default `https://cloudkms.googleapis.com`; `http:` on the loopback interface only. */
  readonly endpoint?: string;
  /** `hsm` if any key of this backend has protection level HSM: they take less. Default `software`. */
  readonly protection?: 'software' | 'hsm';
  /** A key for `open` and `health`. Default: `open` gets a token only, `health` takes the key that worked last. */
  readonly healthKey?: string;
}

/** All options, those of KKP's own identity included. */
export interface GcpOptions extends GcpServiceOptions {
  /** Where tokens come from. Default `application_default`. */
  readonly credential?: CredentialChoice['kind'];
  /** For the two kinds that name a file. */
  readonly credentialFile?: string;
}

export interface GcpConfig {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly protection: 'software' | 'hsm';
  readonly healthKey: string | undefined;
  readonly credential: CredentialChoice | GcpCredential;
}

const KINDS = ['application_default', 'service_account_file', 'external_account_file', 'metadata'] as const;
const ENDPOINT_ALLOWED =
  'must be an https origin without path, query and user, such as https://cloudkms.googleapis.com (http only on loopback)';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @param credential the embedder's own; options of a credential are unknown then */
export function parseConfig(read: OptionReader, credential?: GcpCredential): GcpConfig {
  const endpoint = read.optionalString('endpoint', ENDPOINT_ALLOWED, isEndpoint);
  return {
    endpoint: (endpoint ?? 'https://cloudkms.googleapis.com').toLowerCase().replace(/\/$/, ''),
    protection: read.oneOf('protection', ['software', 'hsm'], 'software'),
    healthKey: read.optionalString('healthKey', KEY_ID_ALLOWED, isKeyId),
    credential: credential ?? parseCredential(read),
  };
}

function parseCredential(read: OptionReader): CredentialChoice {
  const kind = read.oneOf('credential', KINDS, 'application_default');
  const file = read.optionalString('credentialFile', 'must be a path', isPath);
  if (kind === 'application_default' || kind === 'metadata') {
    if (file !== undefined) read.fault('credentialFile', `is not for credential "${kind}"`);
    return { kind };
  }
  if (file === undefined) read.fault('credentialFile', `is needed with credential "${kind}"`);
  return { kind, file: file ?? '' };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin, hostname } = new URL(text);
  const plain = [origin, `${origin}/`].includes(text.toLowerCase());
  return plain && (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname)));
}

const isPath = (text: string): boolean => text.length > 0 && !text.includes('\0');
