import { defineKmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { Pkcs11Backend } from './backend.js';
import { parseConfig, type Pkcs11Options } from './config.js';

export type { Pkcs11Options } from './config.js';

/** A hardware security module, or whatever else has a PKCS#11 module. */
export const pkcs11: KmsPluginFactory<Pkcs11Options> = defineKmsPlugin({
  kind: 'pkcs11',
  parseConfig,
  plugin: (config) => ({ create: (host) => new Pkcs11Backend(config, host) }),
});

export default pkcs11;
