import type { KmsPlugin, KmsPluginFactory } from 'kkp-plugin-kit';
import aws from 'kkp-plugin-aws';
import { azureWith } from 'kkp-plugin-azure';
import { gcpWith } from 'kkp-plugin-gcp';
import vault from 'kkp-plugin-vault';
import { TOKEN as AZURE_TOKEN } from '../../plugins/azure/test/fake/vault.js';
import { TOKEN as GCP_TOKEN } from '../../plugins/gcp/test/fake/kms.js';
import type { FaultyService, ServiceKind } from '../support/services/index.js';

const DAY_MS = 24 * 3_600_000;
const azureCredential = {
  getToken: () => Promise.resolve({ token: AZURE_TOKEN, expiresOnTimestamp: Date.now() + DAY_MS }),
};
const gcpCredential = {
  getAccessToken: () => Promise.resolve({ token: GCP_TOKEN, expiresAt: Date.now() + DAY_MS }),
};

/** Each checks the options that it is given by itself. */
const FACTORIES: Readonly<Record<ServiceKind, KmsPluginFactory<never>>> = {
  aws,
  azure: azureWith(azureCredential),
  gcp: gcpWith(gcpCredential),
  vault,
};

/** The plugin whose real client reaches the service through its proxy, as the backend `name`. */
export function pluginOf({ backend: { kind, ...options } }: FaultyService, name: string): KmsPlugin {
  return FACTORIES[kind as ServiceKind]({ name, ...options } as never);
}
