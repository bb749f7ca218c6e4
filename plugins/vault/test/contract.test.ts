import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { vault, type VaultOptions } from 'kkp-plugin-vault';
import { FakeVault } from './fake/server.js';
import { LEAST, MAY_CREATE, type Policy } from './fake/tokens.js';
import { TransitAdmin } from './support/admin.js';

const server = await FakeVault.start();
const admin = new TransitAdmin(server.address, server.rootToken);
afterAll(() => server.stop());

const LOGINS: Readonly<Record<string, (policy: Policy) => Partial<VaultOptions>>> = {
  token: (policy) => ({ token: server.tokens.issue({ policy, ttlSeconds: 3600 }) }),
  approle: (policy) => {
    server.logins.spec = { policy, ttlSeconds: 3600 };
    return { auth: 'approle', roleId: server.logins.roleId, secretId: server.logins.secretId };
  },
};

for (const [what, { type, policy, login }] of Object.entries({
  'an aes256-gcm96 key and a token of least rights': { type: 'aes256-gcm96', policy: LEAST, login: 'token' },
  'an aes128-gcm96 key and AppRole': { type: 'aes128-gcm96', policy: LEAST, login: 'approle' },
  'a chacha20-poly1305 key': { type: 'chacha20-poly1305', policy: LEAST, login: 'token' },
  'a token that may create keys': { type: 'aes256-gcm96', policy: MAY_CREATE, login: 'token' },
})) {
  const [keyId, otherKeyId] = [
    await admin.createKey(undefined, { type }),
    await admin.createKey(undefined, { type }),
  ];
  const plugin = vault({ name: 'test', address: server.address, ...LOGINS[login]!(policy) });
  describeKmsBackend(`vault with ${what}`, {
    connect: (host) => plugin.create(host),
    keyId,
    otherKeyId,
    unknownKeyId: 'absent',
    admin: {
      createKey: () => admin.createKey(undefined, { type }),
      rotate: (name) => admin.rotate(name),
      disable: (name) => admin.disable(name),
      delete: (name) => admin.delete(name),
      hang: () => server.hang(),
    },
  });
}
