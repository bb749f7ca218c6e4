import type { HostBuiltin } from './builtin.js';
import { instantOperand, int64, integerOperand } from './operands.js';
import { fromWallClock, milliseconds, wallClock } from './zone.js';

const NS_PER_MS = 1_000_000n;

/** Years, months and days later by the calendar of the instant's zone, at the same time of the day there. */
export const addDate: HostBuiltin = ([at, years, months, days]) => {
  const instant = instantOperand(at);
  const wall = wallClock(instant);
  wall.setUTCFullYear(
    wall.getUTCFullYear() + integerOperand(years),
    wall.getUTCMonth() + integerOperand(months),
    wall.getUTCDate() + integerOperand(days),
  );
  const belowMillisecond = instant.ns - BigInt(milliseconds(instant.ns)) * NS_PER_MS;
  return int64(BigInt(fromWallClock(wall, instant.zone)) * NS_PER_MS + belowMillisecond);
};
