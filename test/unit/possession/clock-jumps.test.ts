import { MemoryProofStore } from '../../../src/possession/index.js';
import { NOW } from '../tokens/fixtures.js';

const HOUR = 3600;

/** Time as it passes, and a clock on the wall that somebody sets. */
class World {
  real = NOW;
  offset = 0;
  readonly store: MemoryProofStore;

  constructor(capacity = 10) {
    this.store = new MemoryProofStore(capacity, {
      now: () => (this.real + this.offset) * 1000,
      elapsed: () => (this.real - NOW) * 1000,
    });
  }

  /** Uses a proof that may be forgotten so many seconds later. */
  use = (id: string, seconds = 61): Promise<string> => this.store.use(id, this.real + this.offset + seconds);
}

describe('a used proof, while the clock is set', () => {
  it.each([61, 66, HOUR, 48 * HOUR])('is known after a jump of %s s ahead and back', async (jump) => {
    const world = new World();
    await world.use('a');
    world.offset = jump;
    expect(await world.use('b')).toBe('fresh');
    world.offset = 0;
    world.real += 60;
    expect(await world.use('a', 1)).toBe('used');
  });

  it('is known after several jumps, and with others that end in the same second', async () => {
    const world = new World();
    await world.use('a');
    for (const offset of [HOUR, 0, -HOUR, 2 * HOUR, 30]) {
      world.offset = offset;
      await world.use('other');
    }
    world.offset = 0;
    world.real += 20;
    await world.use('b', 41);
    world.offset = HOUR;
    world.real += 39;
    await world.use('c');
    world.offset = 0;
    expect(await world.use('a', 1)).toBe('used');
    world.offset = HOUR;
    expect(await world.use('d')).toBe('fresh');
    world.offset = 0;
    expect(await world.use('b', 1)).toBe('used');
  });

  it('is known until its own end when it was used while the clock was ahead', async () => {
    const world = new World();
    world.offset = HOUR;
    await world.use('a');
    world.offset = 0;
    world.real += HOUR;
    expect(await world.store.use('a', NOW + HOUR + 61)).toBe('used');
  });

  it('is known as long as when it was used while the clock was behind, whatever ends in the same second', async () => {
    const world = new World();
    world.offset = -30;
    await world.use('a', 65);
    world.offset = 0;
    await world.use('b', 35);
    world.real += 36;
    await world.use('c');
    world.offset = -30;
    expect(await world.use('a')).toBe('used');
  });

  it('is forgotten at its end, by the clock and by the time that has passed, and leaves room', async () => {
    const world = new World(1);
    await world.use('a');
    world.real += 60;
    expect(await world.use('b')).toBe('full');
    world.offset = HOUR;
    expect(await world.use('b')).toBe('full');
    world.offset = -HOUR;
    world.real += 1;
    expect(await world.use('b')).toBe('full');
    world.offset = 0;
    expect(await world.use('b')).toBe('fresh');
  });
});
