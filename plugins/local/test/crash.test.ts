import { LocalKeyStore } from '../src/key-store.js';
import type { BeforeStep, SimDisk } from './support/sim-disk.js';
import {
  DIR,
  diskWithStore,
  emptyDisk,
  openStoreOn,
  OTHER_ROOT,
  PLAINTEXT,
  refusal,
  ROOT,
  seamsOn,
  Server,
} from './support/sim-store.js';

class Died extends Error {}

/** The process makes no step from this one on. */
const dyingAt =
  (last: number): BeforeStep =>
  (step) => {
    if (step >= last) throw new Died();
  };

type Change = (store: LocalKeyStore) => Promise<unknown>;

const CHANGES: Readonly<Record<string, Change>> = {
  create: (store) => store.createKey('invoices'),
  rotate: (store) => store.rotate('orders'),
  disable: (store) => store.disable('orders'),
  'set a least version': (store) => store.setMinVersion('orders', 2),
  'destroy a version': (store) => store.destroy('orders', 1),
  destroy: (store) => store.destroy('orders'),
};

/** All that can be told of the keys of a disk: also that each was read, since what is damaged is listed as such. */
async function stateOf(disk: SimDisk): Promise<string> {
  return JSON.stringify(await (await openStoreOn(disk.process())).list());
}

/** Runs the change in a process that dies at each of its steps in turn; the last one lives to the end. */
async function atEveryStep(
  base: SimDisk,
  change: (disk: SimDisk, beforeStep: BeforeStep) => Promise<unknown>,
  check: (disk: SimDisk, finished: boolean) => Promise<void>,
): Promise<number> {
  for (let last = 0; ; last += 1) {
    const disk = base.copy();
    const finished = await change(disk, dyingAt(last)).then(
      () => true,
      () => false,
    );
    await check(disk, finished);
    if (finished) return last;
  }
}

const changeOn = (change: Change) => async (disk: SimDisk, beforeStep: BeforeStep) =>
  change(await openStoreOn(disk.process(beforeStep)));

describe.each(Object.entries(CHANGES))('a crash at any byte and any call of: %s', (_what, change) => {
  it('leaves the old state or the new one in full, and the new one once it is acknowledged', async () => {
    const base = await diskWithStore();
    const changed = base.copy();
    await change(await openStoreOn(changed.process()));
    const [before, after] = [await stateOf(base), await stateOf(changed)];
    expect(after).not.toBe(before);

    const seen = new Set<string>();
    const steps = await atEveryStep(base, changeOn(change), async (disk, finished) => {
      for (const left of [disk.copy(), ...disk.afterPowerLoss()]) {
        const state = await stateOf(left);
        expect(finished ? [after] : [before, after]).toContain(state);
        seen.add(state);
      }
    });
    expect(steps).toBeGreaterThan(100);
    expect([...seen].sort()).toEqual([before, after].sort());
  });
});

describe.each(['create', 'rotate'])('a crash at any byte and any call of: %s', (what) => {
  it('keeps nobody from changing the key next, and leaves no file behind then', async () => {
    const base = await diskWithStore();
    await atEveryStep(base, changeOn(CHANGES[what]!), async (disk) => {
      for (const left of [disk.copy(), ...disk.afterPowerLoss()]) {
        const store = await openStoreOn(left.process());
        for (const { name } of await store.list()) await store.destroy(name);
        expect(left.paths.filter((path) => path.startsWith(DIR))).toHaveLength(
          2 + (await store.list()).length,
        );
      }
    });
  });
});

describe('a crash while a key is rotated', () => {
  it('loses no blob that a server made before, or made meanwhile with what it saw', async () => {
    const base = await diskWithStore();
    const old = await (await Server.open(base.process())).wrap();
    let running: Server | undefined;
    const rotate = async (disk: SimDisk, beforeStep: BeforeStep) => {
      running = await Server.open(disk.process());
      return changeOn(CHANGES.rotate!)(disk, beforeStep);
    };
    const versions = new Set<string | undefined>();
    await atEveryStep(base, rotate, async (disk, finished) => {
      const made = await running!.wrap();
      versions.add(made.key.version);
      if (finished) expect(made.key.version).toBe('3');
      for (const left of disk.afterPowerLoss()) {
        const server = await Server.open(left.process());
        for (const blob of [old, made]) expect((await server.unwrap(blob)).plaintext).toEqual(PLAINTEXT);
      }
    });
    expect([...versions]).toEqual(['2', '3']);
  });
});

describe('a crash while a version is destroyed', () => {
  it('leaves no material on the disk once it is acknowledged', async () => {
    const base = await diskWithStore();
    const disk = base.copy();
    await (await openStoreOn(disk.process())).destroy('orders');
    for (const left of disk.afterPowerLoss()) {
      expect(left.paths.filter((path) => path.startsWith(`${DIR}/orders`))).toEqual([`${DIR}/orders.key.3`]);
    }
  });
});

describe('a crash while a store is made', () => {
  it('leaves a store, or none and a place to make it', async () => {
    const place = { dir: DIR, root: ROOT };
    const make = (disk: SimDisk, beforeStep?: BeforeStep) =>
      LocalKeyStore.create(place, seamsOn(disk.process(beforeStep)));
    const seen = new Set<string>();
    await atEveryStep(emptyDisk(), make, async (disk, finished) => {
      for (const left of [disk.copy(), ...disk.afterPowerLoss()]) {
        const opened = await refusal(openStoreOn(left.process()));
        seen.add(opened);
        expect(finished ? ['none'] : ['none', 'unavailable no-store', 'unavailable ENOENT']).toContain(
          opened,
        );
        if (opened !== 'none') await make(left);
        await (await openStoreOn(left.process())).createKey('orders');
      }
    });
    expect(seen.size).toBe(3);
  });
});

describe('a crash while the root is changed', () => {
  it('leaves a store that opens with the old root or with the new one, and with all its keys', async () => {
    const base = await diskWithStore();
    const before = await stateOf(base);
    const change = changeOn((store) => store.changeRoot(OTHER_ROOT));
    const seen = new Set<string>();
    await atEveryStep(base, change, async (disk, finished) => {
      for (const left of [disk.copy(), ...disk.afterPowerLoss()]) {
        const opened = await Promise.all(
          [ROOT, OTHER_ROOT].map((root) => refusal(openStoreOn(left.process(), root))),
        );
        seen.add(opened.join());
        expect(opened.filter((outcome) => outcome === 'none')).toHaveLength(1);
        if (finished) expect(opened[1]).toBe('none');
        const root = opened[0] === 'none' ? ROOT : OTHER_ROOT;
        expect(JSON.stringify(await (await openStoreOn(left.process(), root)).list())).toBe(before);
      }
    });
    expect(seen.size).toBe(2);
  });
});
