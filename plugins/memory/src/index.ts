import { defineKmsPlugin, type KmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { MemoryAdmin } from './admin.js';
import { MemoryBackend } from './backend.js';
import { parseConfig, type MemoryOptions } from './config.js';
import { MemoryService } from './service.js';

export type { MemoryAdmin } from './admin.js';
export type { MemoryOptions } from './config.js';

export interface MemoryPlugin extends KmsPlugin {
  /** Administration of the service's keys, for tests. */
  readonly admin: MemoryAdmin;
}

/** A key service in memory that behaves like AWS KMS, GCP Cloud KMS or Azure Key Vault. */
export const memory: KmsPluginFactory<MemoryOptions, MemoryPlugin> = defineKmsPlugin({
  kind: 'memory',
  parseConfig,
  plugin(config, name) {
    const service = new MemoryService(name, config);
    return {
      create: (host) => new MemoryBackend(config, service, host),
      admin: new MemoryAdmin(config.emulation, service),
    };
  },
});

export default memory;
