import { defineKmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { VaultBackend } from './backend.js';
import { parseConfig, type VaultOptions } from './config.js';

export type { VaultOptions } from './config.js';

/** The transit engine of HashiCorp Vault or OpenBao. */
export const vault: KmsPluginFactory<VaultOptions> = defineKmsPlugin({
  kind: 'vault',
  parseConfig,
  plugin: (config) => ({ create: (host) => new VaultBackend(config, host) }),
});

export default vault;
