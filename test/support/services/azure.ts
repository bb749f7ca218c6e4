import { FakeVault } from '../../../plugins/azure/test/fake/vault.js';
import { FaultProxy } from '../fault-proxy/index.js';
import type { StartService } from './service.js';

/** Where its tokens come from is left to whoever opens the backend: the fake takes `TOKEN` of its own file. */
export const startAzure: StartService = async () => {
  const service = await FakeVault.start();
  const proxy = await FaultProxy.start(service.url);
  service.keys.add('orders', 'RSA');
  const other = `${proxy.url}/keys/other/${'f'.repeat(32)}`;
  return {
    proxy,
    backend: { kind: 'azure', vaultUrl: proxy.url, verifyChallengeResource: false },
    keyId: `${proxy.url}/keys/orders`,
    otherKey: { kind: 'rewritten', members: { kid: other, 'key.kid': other } },
    stop: async () => {
      await proxy.stop();
      await service.stop();
    },
  };
};
