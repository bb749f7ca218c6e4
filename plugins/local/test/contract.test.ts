import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { local, LocalKeyStore } from 'kkp-plugin-local';
import { LocalBackend } from '../src/backend.js';
import { GatedFiles } from './support/gated-files.js';
import { writeRootKey } from './support/root-files.js';

const folder = await mkdtemp(`${tmpdir()}/kkp-local-`);
const place = { dir: `${folder}/store`, root: await writeRootKey(`${folder}/root.key`) };
const store = await LocalKeyStore.create(place);
await store.createKey('orders');
await store.createKey('invoices');
const files = new GatedFiles();
let made = 0;

afterAll(() => rm(folder, { recursive: true }));

describeKmsBackend('local', {
  connect: (host) => new LocalBackend(place, host, files),
  keyId: 'orders',
  otherKeyId: 'invoices',
  unknownKeyId: 'absent',
  admin: {
    createKey: async () => {
      const name = `created-${++made}`;
      await store.createKey(name);
      return name;
    },
    rotate: (name) => store.rotate(name),
    disable: (name) => store.disable(name),
    delete: (name) => store.destroy(name),
    hang: () => files.hang(),
  },
});

describe('a backend made by the factory', () => {
  const plugin = local({ name: 'disk', dir: place.dir, rootKeyFile: place.root.file });
  describeKmsBackend('local by its options', {
    connect: (host) => plugin.create(host),
    keyId: 'orders',
    otherKeyId: 'invoices',
    unknownKeyId: 'absent',
  });
});
