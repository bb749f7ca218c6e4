import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { memory, type MemoryOptions } from 'kkp-plugin-memory';

interface Ids {
  readonly keyId: string;
  readonly otherKeyId: string;
  readonly unknownKeyId: string;
}

const OWN_FORMS: Readonly<Record<NonNullable<MemoryOptions['emulates']>, Ids>> = {
  aws: {
    keyId: 'alias/orders',
    otherKeyId: '8f0f3b1e-0000-4000-8000-000000000001',
    unknownKeyId: 'arn:aws:kms:eu-west-1:111122223333:alias/absent',
  },
  gcp: {
    keyId: 'projects/p/locations/europe-west1/keyRings/r/cryptoKeys/orders',
    otherKeyId: 'projects/p/locations/europe-west1/keyRings/r/cryptoKeys/invoices',
    unknownKeyId: 'projects/p/locations/europe-west1/keyRings/r/cryptoKeys/absent',
  },
  azure: {
    keyId: 'https://Example.vault.azure.net/keys/orders',
    otherKeyId: 'https://example.vault.azure.net/keys/invoices',
    unknownKeyId: 'https://example.vault.azure.net/keys/absent',
  },
};

const PLAIN_NAMES: Ids = { keyId: 'orders', otherKeyId: 'invoices', unknownKeyId: 'absent' };

for (const emulates of ['aws', 'gcp', 'azure'] as const) {
  describe.each([
    { form: "the provider's key ids", ids: OWN_FORMS[emulates] },
    { form: 'plain names', ids: PLAIN_NAMES },
  ])(`memory as ${emulates}, $form`, ({ ids }) => {
    const keys = [ids.keyId, ids.otherKeyId];
    const plugin = memory({ name: 'dev', emulates, seed: 'contract', createKeys: false, keys });
    describeKmsBackend(`memory as ${emulates}`, {
      ...ids,
      connect: (host) => plugin.create(host),
      admin: plugin.admin,
    });
  });
}
