import type { KmsPlugin, KmsPluginFactory } from 'kkp-plugin-kit';
import aws from 'kkp-plugin-aws';
import { azureWith } from 'kkp-plugin-azure';
import vault from 'kkp-plugin-vault';
import { TOKEN } from '../../plugins/azure/test/fake/vault.js';
import type { FaultyService, ServiceKind } from '../support/services/index.js';

const DAY_MS = 24 * 3_600_000;
const credential = {
  getToken: () => Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.now() + DAY_MS }),
};

/** Each checks the options that it is given by itself. */
const FACTORIES: Readonly<Record<ServiceKind, KmsPluginFactory<never>>> = {
  aws,
  azure: azureWith(credential),
  vault,
};

/** The plugin whose real client reaches the service through its proxy, as the backend `name`. */
export function pluginOf({ backend: { kind, ...options } }: FaultyService, name: string): KmsPlugin {
  return FACTORIES[kind as ServiceKind]({ name, ...options } as never);
}
