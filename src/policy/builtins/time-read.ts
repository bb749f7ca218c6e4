import type { HostBuiltin } from './builtin.js';
import { instantOperand } from './operands.js';
import { wallClock } from './zone.js';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const HOURS_PER_DAY = 24;
const PER_HOUR_OR_MINUTE = 60;
const MONTHS_PER_YEAR = 12;

/** `[hour, minute, second]` */
export const clock: HostBuiltin = ([at]) => {
  const wall = wallClock(instantOperand(at));
  return [wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds()];
};

/** `[year, month, day]` */
export const date: HostBuiltin = ([at]) => {
  const wall = wallClock(instantOperand(at));
  return [wall.getUTCFullYear(), wall.getUTCMonth() + 1, wall.getUTCDate()];
};

export const weekday: HostBuiltin = ([at]) => WEEKDAYS[wallClock(instantOperand(at)).getUTCDay()] ?? '';

/** `[years, months, days, hours, minutes, seconds]` between two instants, both read in the zone of the first. */
export const diff: HostBuiltin = ([left, right]) => {
  const first = instantOperand(left);
  const second = { ...instantOperand(right), zone: first.zone };
  const [earlier, later] = first.ns > second.ns ? [second, first] : [first, second];
  const from = wallClock(earlier);
  const fields = (wall: Date): number[] => [
    wall.getUTCFullYear(),
    wall.getUTCMonth(),
    wall.getUTCDate(),
    wall.getUTCHours(),
    wall.getUTCMinutes(),
    wall.getUTCSeconds(),
  ];
  const start = fields(from);
  const days = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 0)).getUTCDate();
  const parts = fields(wallClock(later)).map((value, index) => value - (start[index] ?? 0));
  return borrow(parts, [0, MONTHS_PER_YEAR, days, HOURS_PER_DAY, PER_HOUR_OR_MINUTE, PER_HOUR_OR_MINUTE]);
};

/** Makes each part but the first non-negative, from the last on, by taking one from the part before it. */
function borrow(parts: readonly number[], sizes: readonly number[]): number[] {
  const out = [...parts];
  for (let index = out.length - 1; index > 0; index -= 1) {
    const value = out[index] ?? 0;
    if (value < 0) {
      out[index] = value + (sizes[index] ?? 0);
      out[index - 1] = (out[index - 1] ?? 0) - 1;
    }
  }
  return out;
}
