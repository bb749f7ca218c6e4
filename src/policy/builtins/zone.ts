import type { Instant } from './operands.js';

const MILLISECOND = 1_000_000n;
const MS_PER_SECOND = 1000;
/** IANA names begin with a capital; Intl would take offsets and lower case too, which OPA does not. */
const NAME = /^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/;
const MAX_FORMATS = 16;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds since the epoch, rounded down. */
export function milliseconds(ns: bigint): number {
  const rest = ((ns % MILLISECOND) + MILLISECOND) % MILLISECOND;
  return Number((ns - rest) / MILLISECOND);
}

/** The time that a clock on the wall of the instant's zone shows, in the UTC fields of a Date. */
export function wallClock({ ns, zone }: Instant): Date {
  const ms = milliseconds(ns);
  return new Date(ms + offset(ms, zone));
}

/**
 * The instant, in milliseconds, at which the wall clock of a zone shows the UTC fields of `wall`. Where it shows
 * them never or twice, the choice is that of Go's time.Date.
 */
export function fromWallClock(wall: Date, zone: string): number {
  const first = offset(wall.getTime(), zone);
  return wall.getTime() - (first === 0 ? 0 : offset(wall.getTime() - first, zone));
}

/** Milliseconds that the zone is ahead of UTC at an instant; before 1970, time zone databases differ. */
function offset(ms: number, zone: string): number {
  if (zone === 'UTC') {
    return 0;
  }
  const second = Math.floor(ms / MS_PER_SECOND) * MS_PER_SECOND;
  const fields = new Map(
    format(zone)
      .formatToParts(second)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const field = (type: Intl.DateTimeFormatPartTypes): number => fields.get(type) ?? Number.NaN;
  const shown = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  );
  return shown - second;
}

/** @throws RangeError for an unknown zone, and for "Local": a decision must not depend on the machine's zone */
function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) {
    return known;
  }
  if (!NAME.test(zone)) {
    throw new RangeError('unknown time zone');
  }
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // A policy may take the zone from a request; what callers send must not pile up.
  if (formats.size >= MAX_FORMATS) {
    formats.clear();
  }
  formats.set(zone, made);
  return made;
}
