/** Operands of builtins, from their JSON texts. Everything here throws on an operand of another type. */

const INTEGER = /^-?\d+$/;
const WHOLE = /^-?\d+(?:\.0+)?$/;
const FIRST_INTEGER = /^\[(-?\d+)[,\]]/;
const INT64 = 1n << 63n;

export function stringOperand(json = ''): string {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'string') {
    throw new TypeError('must be a string');
  }
  return value;
}

/** A string, or the strings of an array or set. */
export function stringsOperand(json = ''): string[] {
  const value: unknown = JSON.parse(json);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (!values.every((item) => typeof item === 'string')) {
    throw new TypeError('must be a string, or strings');
  }
  return values;
}

export function arrayOperand(json = ''): unknown[] {
  const value: unknown = JSON.parse(json);
  if (!Array.isArray(value)) {
    throw new TypeError('must be an array');
  }
  return value;
}

export function integerOperand(json = ''): number {
  if (!WHOLE.test(json)) {
    throw new TypeError('must be an integer');
  }
  return Number(json);
}

/** A point in time, and the zone in which to read it. */
export interface Instant {
  /** Nanoseconds since the Unix epoch. */
  ns: bigint;
  zone: string;
}

/** `ns`, `[ns]`, `[ns, zone]` or `[ns, zone, layout]`. */
export function instantOperand(json = ''): Instant {
  const value: unknown = JSON.parse(json);
  const [number, zone = 'UTC', layout = ''] = Array.isArray(value) ? (value as unknown[]) : [value];
  if (typeof number !== 'number' || typeof zone !== 'string' || typeof layout !== 'string') {
    throw new TypeError('must be a number (ns) or an array of a number (ns) and a zone');
  }
  const exact = INTEGER.test(json) ? json : FIRST_INTEGER.exec(json)?.[1];
  const ns = BigInt(exact ?? number);
  if (BigInt.asIntN(64, ns) !== ns) {
    throw new RangeError('timestamp too big');
  }
  return { ns, zone: zone === '' ? 'UTC' : zone };
}

/** Nanoseconds as an answer. @throws RangeError beyond the years 1677 to 2262, which 64 bits can hold */
export function int64(ns: bigint): bigint {
  if (ns < -INT64 || ns >= INT64) {
    throw new RangeError('time outside of valid range');
  }
  return ns;
}
