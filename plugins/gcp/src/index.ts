import { defineKmsPlugin, type KmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { GcpBackend } from './backend.js';
import { parseConfig, type GcpOptions, type GcpServiceOptions } from './config.js';
import type { GcpCredential } from './tokens.js';

export type { GcpOptions, GcpServiceOptions } from './config.js';
export type { AccessToken, GcpCredential } from './tokens.js';

/** A backend for Google Cloud KMS. */
export const gcp: KmsPluginFactory<GcpOptions> = defineFactory<GcpOptions>();

/**
 * The same with access tokens of the embedder's.
 *
 * @example
 * const plugin = gcpWith({ getAccessToken: async () => ({ token, expiresAt }) })({ name: 'eu' });
 */
export function gcpWith(credential: GcpCredential): KmsPluginFactory<GcpServiceOptions> {
  return defineFactory<GcpServiceOptions>(credential);
}

function defineFactory<Options extends GcpServiceOptions>(credential?: GcpCredential) {
  return defineKmsPlugin<Options, ReturnType<typeof parseConfig>, Pick<KmsPlugin, 'create'>>({
    kind: 'gcp',
    parseConfig: (read) => parseConfig(read, credential),
    plugin: (config) => ({ create: (host) => new GcpBackend(config, host) }),
  });
}

export default gcp;
