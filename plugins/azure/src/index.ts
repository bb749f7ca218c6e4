import { defineKmsPlugin, type KmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { AzureBackend } from './backend.js';
import { parseConfig, type AzureOptions, type AzureVaultOptions } from './config.js';
import type { TokenCredential } from './credentials.js';

export type { AzureOptions, AzureVaultOptions } from './config.js';
export type { AccessToken, TokenCredential } from './credentials.js';

/** A backend for Azure Key Vault (RSA keys) or Managed HSM (RSA and AES keys). */
export const azure: KmsPluginFactory<AzureOptions> = defineFactory<AzureOptions>();

/**
 * The same with tokens from a credential of the embedder's: any `TokenCredential` of `@azure/identity`, or an object
 * that has `getToken`.
 *
 * @example
 * const plugin = azureWith(new AzureCliCredential())({ name: 'eu', vaultUrl: 'https://kkp.vault.azure.net' });
 */
export function azureWith(credential: TokenCredential): KmsPluginFactory<AzureVaultOptions> {
  return defineFactory<AzureVaultOptions>(credential);
}

function defineFactory<Options extends AzureVaultOptions>(credential?: TokenCredential) {
  return defineKmsPlugin<Options, ReturnType<typeof parseConfig>, Pick<KmsPlugin, 'create'>>({
    kind: 'azure',
    parseConfig: (read) => parseConfig(read, credential),
    plugin: (config) => ({ create: (host) => new AzureBackend(config, host) }),
  });
}

export default azure;
