import { defineKmsPlugin, type KmsPluginFactory } from 'kkp-plugin-kit';
import { AwsBackend } from './backend.js';
import { connect } from './client.js';
import { parseConfig, type AwsOptions } from './config.js';

export type { AwsOptions } from './config.js';

/** Keys in AWS KMS, through `@aws-sdk/client-kms`, which is loaded when the backend is opened. */
export const aws: KmsPluginFactory<AwsOptions> = defineKmsPlugin({
  kind: 'aws',
  parseConfig,
  plugin: (config) => ({ create: (host) => new AwsBackend(config, host, connect) }),
});

export default aws;
