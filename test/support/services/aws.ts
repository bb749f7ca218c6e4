import { CREDENTIALS, FakeKms } from '../../../plugins/aws/test/fake/server.js';
import { FaultProxy } from '../fault-proxy/index.js';
import type { StartService } from './service.js';

export const startAws: StartService = async () => {
  const service = await new FakeKms().start();
  const proxy = await FaultProxy.start(service.url);
  const other = service.keys.create();
  return {
    proxy,
    backend: { kind: 'aws', region: 'eu-west-1', endpoint: proxy.url, ...CREDENTIALS },
    keyId: service.keys.create().arn,
    otherKey: { kind: 'rewritten', members: { KeyId: other.arn, 'KeyMetadata.Arn': other.arn } },
    stop: async () => {
      await proxy.stop();
      await service.stop();
    },
  };
};
