import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { azureWith } from 'kkp-plugin-azure';
import type { KeyType } from './fake/keys.js';
import { FakeVault } from './fake/vault.js';
import { credential } from './support/azure.js';

const vault = await FakeVault.start();
afterAll(() => vault.stop());

const nameOf = (keyId: string) => keyId.slice(keyId.lastIndexOf('/') + 1);
let made = 0;

for (const { algorithm, keyType } of [
  { algorithm: 'RSA-OAEP-256', keyType: 'RSA' },
  { algorithm: 'A256GCM', keyType: 'oct-HSM' },
  { algorithm: 'A256KW', keyType: 'oct-HSM' },
] as const satisfies { algorithm: string; keyType: KeyType }[]) {
  const plugin = azureWith(credential)({
    name: 'test',
    vaultUrl: vault.url,
    algorithm,
    verifyChallengeResource: false,
  });
  const createKey = (id = `key-${++made}`) => {
    vault.keys.add(id, keyType);
    return id;
  };
  const describeWith = (form: string, idOf: (name: string) => string) =>
    describeKmsBackend(`azure, ${algorithm}, ${form}`, {
      connect: (host) => plugin.create(host),
      keyId: idOf(createKey()),
      otherKeyId: idOf(createKey()),
      unknownKeyId: idOf('absent'),
      admin: {
        createKey: () => idOf(createKey()),
        rotate: (keyId) => vault.keys.add(nameOf(keyId), keyType),
        disable: (keyId) => {
          for (const version of vault.keys.versions(nameOf(keyId))) version.enabled = false;
        },
        delete: (keyId) => vault.keys.delete(nameOf(keyId)),
        hang: () => vault.hang(),
      },
    });
  describeWith('key names', (name) => name);
  describeWith('key URLs', (name) => `${vault.url.toUpperCase()}/Keys/${name.toUpperCase()}`);
}
