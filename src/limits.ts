import { ConfigError } from './config-error.js';

/** A whole number that an operator may set. */
export interface Limit {
  readonly min: number;
  readonly max: number;
  /** For the reader: "milliseconds", "calls". */
  readonly unit: string;
  readonly fallback: number;
}

/**
 * What was given, with defaults for the rest.
 *
 * @param where how faults name the group, for example `kms`
 * @throws ConfigError with all values that are out of bounds: a NaN that got through would bound nothing
 */
export function checkLimits<K extends string>(
  limits: Readonly<Record<K, Limit>>,
  given: Readonly<Partial<Record<NoInfer<K>, number>>>,
  where: string,
): Readonly<Record<K, number>> {
  const faults: string[] = [];
  const values = {} as Record<K, number>;
  for (const name of Object.keys(limits) as K[]) {
    const { min, max, unit, fallback } = limits[name];
    const value = given[name] ?? fallback;
    values[name] = value;
    if (!Number.isInteger(value) || value < min || value > max) {
      faults.push(
        `${where}.${name}: out of bounds. Allowed: a whole number of ${unit} from ${min} to ${max}.`,
      );
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return values;
}
