import { describe, it } from 'node:test';
import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import mine from '../src/index.js';

const plugin = mine({ name: 'test', address: 'https://kms.example', token: 'secret' });

describeKmsBackend(
  'mine',
  {
    connect: (host) => plugin.create(host),
    keyId: 'orders',
    otherKeyId: 'invoices',
    unknownKeyId: 'absent',
  },
  { describe, it },
);
