import { azureWith } from 'kkp-plugin-azure';
import { FakeVault, TOKEN } from '../../../plugins/azure/test/fake/vault.js';
import { FaultProxy } from '../../support/fault-proxy/index.js';
import type { StartService } from './service.js';

const credential = {
  getToken: () => Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.now() + 24 * 3_600_000 }),
};

export const startAzure: StartService = async (name) => {
  const service = await FakeVault.start();
  const proxy = await FaultProxy.start(service.url);
  service.keys.add('orders', 'RSA');
  const other = `${proxy.url}/keys/other/${'f'.repeat(32)}`;
  return {
    proxy,
    plugin: azureWith(credential)({ name, vaultUrl: proxy.url, verifyChallengeResource: false }),
    keyId: `${proxy.url}/keys/orders`,
    otherKey: { kind: 'rewritten', members: { kid: other, 'key.kid': other } },
    stop: async () => {
      await proxy.stop();
      await service.stop();
    },
  };
};
