import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { aws } from 'kkp-plugin-aws';
import { CREDENTIALS, FakeKms } from './fake/server.js';

const service = await new FakeKms().start();
const plugin = aws({
  name: 'test',
  region: 'eu-west-1',
  endpoint: service.url,
  // A machine that is busy with other tests is no outage.
  requestTimeoutMs: 60_000,
  ...CREDENTIALS,
});
const orders = service.keys.create();
const invoices = service.keys.create();
service.keys.setAlias('alias/orders', orders);

const ABSENT = '00000000-0000-4000-8000-000000000000';

describe.each([
  {
    form: 'key ARNs',
    keyId: orders.arn,
    otherKeyId: invoices.arn,
    unknownKeyId: `${orders.arn.slice(0, -36)}${ABSENT}`,
  },
  { form: 'key ids', keyId: orders.id, otherKeyId: invoices.id, unknownKeyId: ABSENT },
  { form: 'an alias', keyId: 'alias/orders', otherKeyId: invoices.arn, unknownKeyId: 'alias/absent' },
])('aws, $form', ({ keyId, otherKeyId, unknownKeyId }) => {
  describeKmsBackend('aws', {
    connect: (host) => plugin.create(host),
    keyId,
    otherKeyId,
    unknownKeyId,
    admin: {
      createKey: () => service.keys.create().arn,
      rotate: (id) => service.keys.rotate(id),
      disable: (id) => (service.keys.get(id).state = 'Disabled'),
      delete: (id) => (service.keys.get(id).state = 'PendingDeletion'),
      hang: () => service.hang(),
    },
  });
});

afterAll(() => service.stop());
