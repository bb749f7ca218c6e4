import { defineKmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { connect } from './your-backend.js';

export const plugin: KmsPluginFactory<{ name: string; address: string }> = defineKmsPlugin({
  kind: 'yours',
  parseConfig: (read) => ({
    address: read.string('address', 'must be an https URL', (text) => text.startsWith('https://')),
  }),
  plugin: ({ address }) => ({ create: (host) => connect(address, host) }),
});

export default plugin;
