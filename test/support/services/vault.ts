import { FakeVault } from '../../../plugins/vault/test/fake/server.js';
import { LEAST } from '../../../plugins/vault/test/fake/tokens.js';
import { FaultProxy } from '../fault-proxy/index.js';
import type { StartService } from './service.js';

export const startVault: StartService = async () => {
  const service = await FakeVault.start();
  const proxy = await FaultProxy.start(service.address);
  service.transit.create('orders', {});
  return {
    proxy,
    backend: { kind: 'vault', address: proxy.url, token: service.tokens.issue({ policy: LEAST }) },
    keyId: 'transit/keys/orders',
    otherKey: { kind: 'rewritten', members: { 'data.name': 'other' } },
    stop: async () => {
      await proxy.stop();
      await service.stop();
    },
  };
};
