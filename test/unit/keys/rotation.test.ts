import { KeyRotation, withKeyDefaults } from '../../../src/keys/index.js';
import { begin, isDue, rotate } from '../../../src/keys/ring.js';
import { tickMilliseconds } from '../../../src/keys/rotation.js';
import { DEFAULTS, keyTimes, SlowStore, START, startKeys } from './fixtures.js';

const DAY = 24 * 3600;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Line {
  level: string;
  message: string;
  fields: Readonly<Record<string, unknown>> | undefined;
}

function recorder() {
  const lines: Line[] = [];
  return {
    lines,
    log: (level: string, message: string, fields?: Readonly<Record<string, unknown>>) => {
      lines.push({ level, message, fields });
    },
  };
}

describe('a tick', () => {
  it('rotates when the turn is over, and not before', async () => {
    const { keys, clock } = await startKeys();
    const { log, lines } = recorder();
    const rotation = new KeyRotation(keys, log);
    const [active, next] = keys.status().keys.map(({ kid }) => kid);
    clock.advance(899);
    await rotation.tick();
    expect(keys.status().keys[0]?.kid).toBe(active);
    clock.advance(1);
    await rotation.tick();
    expect(keys.status().keys[0]?.kid).toBe(next);
    expect(lines).toEqual([]);
  });

  it('that fails is logged and not thrown, and the next one succeeds', async () => {
    const store = new SlowStore();
    const { keys, clock } = await startKeys(DEFAULTS, store);
    const { log, lines } = recorder();
    const rotation = new KeyRotation(keys, log);
    const before = keys.jwks();
    clock.advance(900);
    store.failure = new Error('disk full');
    await rotation.tick();
    expect(keys.jwks()).toEqual(before);
    expect(lines).toEqual([
      {
        level: 'error',
        message: expect.stringContaining('could not be rotated') as string,
        fields: { error: 'Error: disk full' },
      },
    ]);
    store.failure = undefined;
    await rotation.tick();
    expect(keys.jwks()).not.toEqual(before);
  });

  it('drops keys whose tokens are dead', async () => {
    const { keys, clock } = await startKeys();
    await keys.reserve(START + 60);
    await keys.rotate('operator');
    clock.advance(120);
    await new KeyRotation(keys, recorder().log).tick();
    expect(keys.status().keys).toHaveLength(2);
  });
});

describe('over 400 days of ticks', () => {
  it.each([
    ['a minute', 60],
    ['an hour', 3600],
    ['a day', DAY],
    ['25 days, more than a timer can wait', 25 * DAY],
    ['30 days', 30 * DAY],
    ['a year', 365 * DAY],
  ])('a turn of %s is over exactly as often as it should be', (_name, rotationSeconds) => {
    const options = withKeyDefaults(keyTimes(2 * rotationSeconds, rotationSeconds, 5));
    const tickSeconds = Math.min(3600, rotationSeconds);
    let ring = begin('k0', 'k1', START);
    let rotations = 0;
    for (let now = START; now <= START + 400 * DAY; now += tickSeconds) {
      if (!isDue(ring, now, options)) continue;
      rotations += 1;
      ring = rotate(ring, now, `k${rotations + 1}`, options);
    }
    expect(rotations).toBe(Math.floor((400 * DAY) / rotationSeconds));
  });
});

describe('the time between ticks', () => {
  it.each([
    [1, 250],
    [2, 500],
    [30, 7500],
    [900, 10_000],
    [365 * DAY, 10_000],
  ])('for turns of %s s is %s ms, which a timer can wait', (rotationSeconds, milliseconds) => {
    expect(tickMilliseconds(rotationSeconds)).toBe(milliseconds);
    expect(milliseconds).toBeLessThan(LONGEST_TIMER_MS);
  });
});
