import { OptionReader } from 'kkp-plugin-kit';
import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { Pkcs11Backend } from '../src/backend.js';
import { parseConfig } from '../src/config.js';
import { MECHANISMS } from '../src/mechanism.js';
import { FakeToken, LABEL } from './support/fake-token.js';
import { FAKE_WORKER } from './support/connection.js';

const token = new FakeToken();
afterAll(() => token.remove());
token.createKey('orders');
token.createKey('invoices');

const HANGING = ['C_FindObjectsInit', 'C_GetSessionInfo'];

for (const mechanism of MECHANISMS) {
  const { module, pinFile } = token;
  const config = parseConfig(new OptionReader({ module, pinFile, tokenLabel: LABEL, mechanism }));
  describeKmsBackend(`pkcs11 with ${mechanism}`, {
    connect: (host) => new Pkcs11Backend(config, host, { worker: FAKE_WORKER }),
    keyId: 'orders',
    otherKeyId: 'invoices',
    unknownKeyId: 'absent',
    admin: {
      createKey: () => token.createKey(),
      rotate: (label) => token.rotate(label),
      disable: (label) => token.disable(label),
      delete: (label) => token.delete(label),
      hang: () => {
        const release = HANGING.map((call) => token.fault(call, { hang: true }));
        return () => release.forEach((letGo) => letGo());
      },
    },
  });
}
