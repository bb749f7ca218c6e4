import type { HostBuiltin } from './builtin.js';
import { int64, stringOperand } from './operands.js';

/** As Go's time.Parse reads its layout RFC3339: an hour of one digit and a decimal comma pass. */
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const NANO_DIGITS = 9;
const NS_PER_MS = 1_000_000n;
const MS_PER_MINUTE = 60_000;

/** Nanoseconds since the epoch of a time such as `2026-01-31T12:00:00.5+01:00`. */
export const parseRfc3339: HostBuiltin = ([value]) => {
  const match = RFC3339.exec(stringOperand(value));
  if (match === null) {
    throw new SyntaxError('not an RFC 3339 time');
  }
  const [, year, month, day, hour, minute, second] = match.map(Number) as number[] & { length: 11 };
  const local = dateOf([year, month, day, hour, minute, second].map((field) => field ?? Number.NaN));
  const fraction = (match[7] ?? '').slice(0, NANO_DIGITS).padEnd(NANO_DIGITS, '0');
  const ms = local - offsetMinutes(match[8], match[9], match[10]) * MS_PER_MINUTE;
  return int64(BigInt(ms) * NS_PER_MS + BigInt(fraction));
};

/** @throws RangeError when a field is out of its range */
function dateOf(fields: readonly number[]): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const shown = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  if (shown.some((value, index) => value !== fields[index])) {
    throw new RangeError('a field is out of its range');
  }
  return date.getTime();
}

/** Go takes offsets of 24 hours and of 60 minutes, and no greater. */
function offsetMinutes(sign = '+', hours = '0', minutes = '0'): number {
  if (Number(hours) > 24 || Number(minutes) > 60) {
    throw new RangeError('the offset is out of its range');
  }
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
}
