import { defineKmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { MineBackend } from './backend.js';
import { parseConfig, type MineOptions } from './config.js';

export type { MineOptions } from './config.js';

/** Keys in the key service of mine. */
export const mine: KmsPluginFactory<MineOptions> = defineKmsPlugin({
  kind: 'mine',
  parseConfig,
  plugin: (config) => ({ create: (host) => new MineBackend(config, host) }),
});

export default mine;
