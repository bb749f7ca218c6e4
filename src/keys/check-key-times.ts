import { mostRetired, withKeyDefaults, type KeyTimes, type SigningKeyOptions } from './key-times.js';

const YEAR_SECONDS = 365 * 24 * 3600;

/** How the texts name the times to somebody who must mend them. */
type KeyTimeNames = Readonly<Record<Exclude<keyof KeyTimes, 'skewSeconds'>, string>>;

/** As an application writes them in the options of the module. */
const OPTION_NAMES: KeyTimeNames = {
  ttlSeconds: 'keys.ttlSeconds',
  rotationSeconds: 'keys.rotationSeconds',
  maxActiveKeys: 'keys.maxActive',
  maxTokenTtlSeconds: 'tokens.maxTtlSeconds',
};

/**
 * Faults of key times under which a live token could lose its key, or a scheduled rotation its place in the ring. Empty
 * when the promise can be kept. Each text says which time is wrong and what is allowed.
 */
export function checkKeyTimes(times: KeyTimes, names: KeyTimeNames = OPTION_NAMES): string[] {
  const ranges = rangeFaults(times, names);
  if (ranges.length > 0) return ranges;
  const options = withKeyDefaults(times);
  return rotationFaults(options, names) ?? tokenFaults(options, names) ?? ringFaults(options, names) ?? [];
}

function rangeFaults(times: KeyTimes, names: KeyTimeNames): string[] {
  const rows: [name: string, value: number, least: number, most: number, unit: string][] = [
    [names.ttlSeconds, times.ttlSeconds, 2, YEAR_SECONDS, 'seconds'],
    [names.rotationSeconds, times.rotationSeconds, 1, YEAR_SECONDS, 'seconds'],
    [names.maxActiveKeys, times.maxActiveKeys, 3, 1000, 'keys'],
    ['Clock skew of the signing keys', times.skewSeconds ?? 0, 0, 3600, 'seconds'],
  ];
  return rows
    .filter(([, value, least, most]) => !Number.isInteger(value) || value < least || value > most)
    .map(
      ([name, , least, most, unit]) =>
        `${name}: out of range. Allowed: a whole number from ${least} to ${most} ${unit}.`,
    );
}

function rotationFaults(
  { ttlSeconds, rotationSeconds }: SigningKeyOptions,
  names: KeyTimeNames,
): string[] | undefined {
  if (rotationSeconds < ttlSeconds) return undefined;
  return [
    `${names.rotationSeconds}: a key must outlive its turn, or it could promise nothing to the tokens it signs. ` +
      `Allowed: 1 to ${ttlSeconds - 1} seconds with ${names.ttlSeconds} ${ttlSeconds}.`,
  ];
}

function tokenFaults(
  { ttlSeconds, rotationSeconds, maxTokenTtlSeconds }: SigningKeyOptions,
  names: KeyTimeNames,
): string[] | undefined {
  const longest = ttlSeconds - rotationSeconds;
  if (Number.isInteger(maxTokenTtlSeconds) && maxTokenTtlSeconds >= 1 && maxTokenTtlSeconds <= longest)
    return undefined;
  return [
    `${names.maxTokenTtlSeconds}: no lifetime that a key can promise to every token it signs. Allowed: 1 to ${longest} ` +
      `seconds, at most ${names.ttlSeconds} ${ttlSeconds} less ${names.rotationSeconds} ${rotationSeconds}.`,
  ];
}

function ringFaults(options: SigningKeyOptions, names: KeyTimeNames): string[] | undefined {
  const needed = 2 + mostRetired(options);
  if (needed <= options.maxActiveKeys) return undefined;
  return [
    `${names.maxActiveKeys}: too few for keys that live tokens need. Allowed: ${needed} or more with ${names.ttlSeconds} ` +
      `${options.ttlSeconds}, ${names.rotationSeconds} ${options.rotationSeconds} and tokens of up to ` +
      `${options.maxTokenTtlSeconds} seconds: the next key, the active one, and ${needed - 2} retired.`,
  ];
}
