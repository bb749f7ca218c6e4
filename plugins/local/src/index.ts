import { defineKmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { LocalBackend } from './backend.js';
import { parseConfig, type LocalOptions } from './config.js';

export type { LocalOptions } from './config.js';
export type { Files, FileContent, NewFile } from './files.js';
export { LocalKeyStore, type KeyListing, type KeyStoreSeams } from './key-store.js';
export type { RootFile } from './root.js';
export type { StorePlace } from './store.js';

/** Keys in an encrypted store of files on this machine. */
export const local: KmsPluginFactory<LocalOptions> = defineKmsPlugin({
  kind: 'local',
  parseConfig,
  plugin: (config) => ({ create: (host) => new LocalBackend(config, host) }),
});

export default local;
