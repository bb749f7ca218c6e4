import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { gcpWith } from 'kkp-plugin-gcp';
import { FakeKms, RING } from './fake/kms.js';
import { credential } from './support/gcp.js';

const kms = await FakeKms.start();
afterAll(() => kms.stop());

for (const [what, protection, options] of [
  ['software keys', 'SOFTWARE', {}],
  ['software keys and a health key', 'SOFTWARE', { healthKey: kms.createKey('health') }],
  ['keys in an HSM', 'HSM', { protection: 'hsm' }],
] as const) {
  const plugin = gcpWith(credential)({ name: 'test', endpoint: kms.url, ...options });
  describeKmsBackend(`gcp with ${what}`, {
    connect: (host) => plugin.create(host),
    keyId: kms.createKey(undefined, { protection }),
    otherKeyId: kms.createKey(undefined, { protection }),
    unknownKeyId: `${RING}/cryptoKeys/absent`,
    admin: {
      createKey: () => kms.createKey(undefined, { protection }),
      rotate: (name) => kms.order(name, (key) => key.rotate()),
      disable: (name) => kms.order(name, (key) => key.setState('DISABLED')),
      delete: (name) => kms.order(name, (key) => key.setState('DESTROY_SCHEDULED')),
      hang: () => kms.hang(),
    },
  });
}
