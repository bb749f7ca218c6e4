import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Host, KmsPlugin } from 'kkp-plugin-kit';
import { LocalKeyStore } from 'kkp-plugin-local';
import { LocalBackend } from '../../plugins/local/src/backend.js';
import { GatedFiles } from '../../plugins/local/test/support/gated-files.js';
import { writeRootKey } from '../../plugins/local/test/support/root-files.js';
import { Connection } from './connection.js';
import { OPERATIONS, type Outcome } from './fault-table.js';

/** A healthy call goes to the disk: it must fit in on a busy machine. */
const DEADLINE_MS = 800;
const LIMITS = { callTimeoutMs: DEADLINE_MS, breakerFailures: 10_000 };
const DOWN: Outcome = { kms: 'unavailable', kkp: 'kms_unavailable' };

describe('a local store', () => {
  const files = new GatedFiles();
  let folder: string;
  let connection: Connection;

  beforeEach(async () => {
    folder = await mkdtemp(`${tmpdir()}/kkp-local-`);
    const place = { dir: `${folder}/store`, root: await writeRootKey(`${folder}/root.key`) };
    await (await LocalKeyStore.create(place)).createKey('orders');
    const create = (host: Host) => new LocalBackend(place, host, files);
    const plugin: KmsPlugin = { apiVersion: 1, kind: 'local', name: 'test', create };
    connection = await (await Connection.open(plugin, 'orders', LIMITS)).prepare();
  });
  afterEach(async () => {
    await connection.close();
    await rm(folder, { recursive: true });
  });

  const endings = () => Promise.all(OPERATIONS.map((operation) => connection.attempt(operation)));
  const expectWorking = async () => {
    for (const operation of OPERATIONS)
      expect([operation, await connection.attempt(operation)]).toEqual([operation, 'ok']);
  };

  it('on a disk that hangs ends each call in time, and works again when the disk does', async () => {
    const release = files.hang();
    expect(await endings()).toEqual([DOWN, DOWN, DOWN]);
    release();
    await expectWorking();
  });

  it('whose directory is away is unavailable, and works again when it is back', async () => {
    await rename(`${folder}/store`, `${folder}/away`);
    expect(await endings()).toEqual([DOWN, DOWN, DOWN]);
    await rename(`${folder}/away`, `${folder}/store`);
    await expectWorking();
  });
});
