import { describe, it } from 'node:test';
import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { memory } from 'kkp-plugin-memory';

const plugin = memory({ name: 'dev', createKeys: false, keys: ['one', 'two'] });

describeKmsBackend(
  'memory',
  {
    connect: (host) => plugin.create(host),
    keyId: 'one',
    otherKeyId: 'two',
    unknownKeyId: 'absent',
    admin: plugin.admin,
  },
  { describe, it },
);
