import type { HostBuiltin } from './builtin.js';
import { int64, stringOperand } from './operands.js';

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5
  μs: 1e3, // U+03BC
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const HOURS: Readonly<Record<string, number>> = { d: 24, w: 7 * 24, y: 365 * 24 };
/** A duration with days, weeks or years: OPA's own grammar, in front of Go's. */
const EXTENDED = /^([+-]?)((?:[0-9.]+(?:ms|us|µs|ns|[a-z]))+)$/;
const EXTENDED_SEGMENT = /([0-9.]+)(ms|us|µs|ns|[a-z])/g;
const SEGMENT = /(\d*)(?:\.(\d*))?([^\d.]+)/y;
const FLOAT = /^(?:\d+\.?\d*|\.\d+)$/;
const MAX = 1n << 63n;

/** Nanoseconds of a duration such as `1h30m`, `1.5s` or `2d`. */
export const parseDuration: HostBuiltin = ([value]) => {
  const text = stringOperand(value);
  return int64(goDuration(/[dwy]/.test(text) ? inHours(text) : text));
};

/** Go's time.ParseDuration: integers exactly, fractions in float64. */
function goDuration(text: string): bigint {
  const sign = text.startsWith('-') ? -1n : 1n;
  const body = text.replace(/^[+-]/, '');
  if (body === '0') {
    return 0n;
  }
  let total = 0n;
  SEGMENT.lastIndex = 0;
  while (SEGMENT.lastIndex < body.length || body === '') {
    const [, whole = '', fraction = '', name = ''] = SEGMENT.exec(body) ?? [];
    const unit = Object.hasOwn(NANOSECONDS, name) ? NANOSECONDS[name] : undefined;
    if (unit === undefined || whole + fraction === '') {
      throw new SyntaxError('not a duration');
    }
    total += BigInt(whole) * BigInt(unit) + BigInt(Math.trunc(fractionOf(fraction, unit)));
    if (total > MAX) {
      throw new RangeError('the duration is too long');
    }
  }
  return sign * total;
}

function fractionOf(digits: string, unit: number): number {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (value > (MAX - 1n) / 10n || next > MAX) {
      break;
    }
    value = next;
    scale *= 10;
  }
  return Number(value) * (unit / scale);
}

/** Days, weeks and years as hours. */
function inHours(text: string): string {
  const [, sign = '', segments] = EXTENDED.exec(text) ?? [];
  if (segments === undefined) {
    throw new SyntaxError('not a duration');
  }
  return (
    sign +
    segments.replace(EXTENDED_SEGMENT, (segment, digits: string, unit: string) => {
      const hours = Object.hasOwn(HOURS, unit) ? HOURS[unit] : undefined;
      if (hours === undefined) {
        return segment;
      }
      if (!FLOAT.test(digits)) {
        throw new SyntaxError('not a duration');
      }
      return `${withoutExponent(Number(digits) * hours)}h`;
    })
  );
}

/** The shortest decimal of a number, as Go's FormatFloat(x, 'f', -1, 64); beyond 1e21 no duration can follow. */
function withoutExponent(value: number): string {
  const [, first = '', rest = '', exponent] = /^(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(value)) ?? [];
  return exponent === undefined ? String(value) : `0.${'0'.repeat(Number(exponent) - 1)}${first}${rest}`;
}
