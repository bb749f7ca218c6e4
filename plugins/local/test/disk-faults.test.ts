import { fileError, type BeforeStep, type SimDisk } from './support/sim-disk.js';
import { call, DIR, diskWithStore, openStoreOn, PLAINTEXT, refusal, Server } from './support/sim-store.js';

/** The call of that kind fails, each time that it is made. */
const failing =
  (operation: string, code: string): BeforeStep =>
  (_step, made) => {
    if (made === operation) throw fileError(code);
  };

/** As above, but only after the new revision has got its name. */
const failingAfterLink = (operation: string, code: string): BeforeStep => {
  let linked = false;
  return (_step, made) => {
    linked ||= made === 'link';
    if (linked && made === operation) throw fileError(code);
  };
};

const rotateOn = async (disk: SimDisk, beforeStep: BeforeStep) =>
  (await openStoreOn(disk.process(beforeStep))).rotate('orders');

describe('a disk that fails while a key is rotated', () => {
  it.each([
    ['is full', 'create', 'ENOSPC', 'unavailable ENOSPC'],
    ['is full in the middle of a file', 'write', 'ENOSPC', 'unavailable ENOSPC'],
    ['does not sync the file', 'sync', 'EIO', 'unavailable EIO'],
    ['does not close the file', 'close', 'EIO', 'unavailable EIO'],
    ['knows no hard links', 'link', 'EPERM', 'access-denied EPERM'],
    ['is read-only', 'create', 'EROFS', 'access-denied EROFS'],
    ['is of somebody else', 'create', 'EACCES', 'access-denied EACCES'],
  ])('since it %s changes nothing, and leaves no file behind', async (_what, operation, code, told) => {
    const disk = await diskWithStore();
    const before = disk.paths;
    expect(await refusal(rotateOn(disk, failing(operation, code)))).toBe(told);
    expect(disk.paths).toEqual(before);
    expect((await (await Server.open(disk.process())).describe()).key.version).toBe('2');
  });

  it('is told when the new revision may not be durable, and both revisions are kept', async () => {
    const disk = await diskWithStore();
    expect(await refusal(rotateOn(disk, failingAfterLink('syncDir', 'EIO')))).toBe('unavailable EIO');
    expect(disk.paths.filter((path) => path.includes('orders'))).toEqual([
      `${DIR}/orders.key.2`,
      `${DIR}/orders.key.3`,
    ]);
    for (const left of disk.afterPowerLoss()) {
      const { key } = await (await Server.open(left.process())).describe();
      expect(['2', '3']).toContain(key.version);
    }
  });

  it('is told when the old revision cannot be removed, and the new one counts', async () => {
    const disk = await diskWithStore();
    const told = await refusal(rotateOn(disk, failing('remove', 'EIO')));
    expect(told).toBe('unavailable not-cleaned-up');
    expect((await (await Server.open(disk.process())).describe()).key.version).toBe('3');
    await (await openStoreOn(disk.process())).rotate('orders');
    expect(disk.paths.filter((path) => path.startsWith(`${DIR}/`))).toEqual([
      `${DIR}/kkp.store.1`,
      `${DIR}/orders.key.4`,
    ]);
  });
});

describe('a server on a disk that fails', () => {
  it.each([
    ['list', 'EIO', 'unavailable EIO'],
    ['list', 'EACCES', 'access-denied EACCES'],
    ['list', 'ENOENT', 'unavailable ENOENT'],
    ['list', 'EMFILE', 'unavailable EMFILE'],
    ['read', 'EACCES', 'access-denied EACCES'],
    ['read', 'EIO', 'unavailable EIO'],
    ['modeOfDir', 'ENOTDIR', 'unavailable ENOTDIR'],
  ])('does not open when %s fails with %s', async (operation, code, told) => {
    const disk = await diskWithStore();
    expect(await refusal(Server.open(disk.process(failing(operation, code))))).toBe(told);
  });

  it('refuses what it cannot look up, says so when asked for its health, and recovers', async () => {
    const disk = await diskWithStore();
    let broken = false;
    const server = await Server.open(
      disk.process((_step, operation) => {
        if (broken && operation === 'list') throw fileError('EIO');
      }),
    );
    const blob = await server.wrap();
    broken = true;
    expect(await refusal(server.wrap())).toBe('unavailable EIO');
    expect(await refusal(server.unwrap(blob))).toBe('unavailable EIO');
    expect(await server.backend.health(call())).toMatchObject({ status: 'down', detail: 'unavailable' });
    broken = false;
    expect((await server.unwrap(blob)).plaintext).toEqual(PLAINTEXT);
    expect(await server.backend.health(call())).toMatchObject({ status: 'up' });
  });

  it('uses no new version that it cannot make durable first', async () => {
    const disk = await diskWithStore();
    let broken = false;
    const server = await Server.open(
      disk.process((_step, operation) => {
        if (broken && operation === 'syncDir') throw fileError('EIO');
      }),
    );
    broken = true;
    expect((await server.wrap()).key.version).toBe('2');
    await (await openStoreOn(disk.process())).rotate('orders');
    expect(await refusal(server.wrap())).toBe('unavailable EIO');
  });

  it('works from a disk that is mounted read-only', async () => {
    const disk = await diskWithStore();
    const server = await Server.open(disk.process(failing('syncDir', 'EROFS')));
    expect((await server.unwrap(await server.wrap())).plaintext).toEqual(PLAINTEXT);
  });
});
