import { FakeKms, RING } from '../../../plugins/gcp/test/fake/kms.js';
import { FaultProxy } from '../fault-proxy/index.js';
import type { StartService } from './service.js';

/** Where its tokens come from is left to whoever opens the backend: the fake takes `TOKEN` of its own file. */
export const startGcp: StartService = async () => {
  const service = await FakeKms.start();
  const proxy = await FaultProxy.start(service.url);
  const other = `${RING}/cryptoKeys/other`;
  return {
    proxy,
    backend: { kind: 'gcp', endpoint: proxy.url },
    keyId: service.createKey('orders'),
    otherKey: { kind: 'rewritten', members: { name: `${other}/cryptoKeyVersions/1` } },
    wrongChecksum: { kind: 'rewritten', members: { ciphertextCrc32c: '1', plaintextCrc32c: '1' } },
    stop: async () => {
      await proxy.stop();
      await service.stop();
    },
  };
};
