import { mostRetired, withKeyDefaults, type KeyTimes, type SigningKeyOptions } from './key-times.js';

const YEAR_SECONDS = 365 * 24 * 3600;

/**
 * Faults of key times under which a live token could lose its key, or a scheduled rotation its place in the ring. Empty
 * when the promise can be kept. Each text names the variables of the server and what is allowed.
 */
export function checkKeyTimes(times: KeyTimes): string[] {
  const ranges = rangeFaults(times);
  if (ranges.length > 0) return ranges;
  const options = withKeyDefaults(times);
  return rotationFaults(options) ?? tokenFaults(options) ?? ringFaults(options) ?? [];
}

function rangeFaults(times: KeyTimes): string[] {
  const rows: [name: string, value: number, least: number, most: number, unit: string][] = [
    ['KKP_KEY_TTL_SECS', times.ttlSeconds, 2, YEAR_SECONDS, 'seconds'],
    ['KKP_KEY_ROTATION_SECS', times.rotationSeconds, 1, YEAR_SECONDS, 'seconds'],
    ['KKP_MAX_ACTIVE_KEYS', times.maxActiveKeys, 3, 1000, 'keys'],
    ['Clock skew of the signing keys', times.skewSeconds ?? 0, 0, 3600, 'seconds'],
  ];
  return rows
    .filter(([, value, least, most]) => !Number.isInteger(value) || value < least || value > most)
    .map(
      ([name, , least, most, unit]) =>
        `${name}: out of range. Allowed: a whole number from ${least} to ${most} ${unit}.`,
    );
}

function rotationFaults({ ttlSeconds, rotationSeconds }: SigningKeyOptions): string[] | undefined {
  if (rotationSeconds < ttlSeconds) return undefined;
  return [
    `KKP_KEY_ROTATION_SECS: a key must outlive its turn, or it could promise nothing to the tokens it signs. ` +
      `Allowed: 1 to ${ttlSeconds - 1} seconds with KKP_KEY_TTL_SECS ${ttlSeconds}.`,
  ];
}

function tokenFaults({
  ttlSeconds,
  rotationSeconds,
  maxTokenTtlSeconds,
}: SigningKeyOptions): string[] | undefined {
  const longest = ttlSeconds - rotationSeconds;
  if (Number.isInteger(maxTokenTtlSeconds) && maxTokenTtlSeconds >= 1 && maxTokenTtlSeconds <= longest)
    return undefined;
  return [
    `Longest token lifetime: more than a key can promise to every token it signs. ` +
      `Allowed: 1 to ${longest} seconds, which is KKP_KEY_TTL_SECS ${ttlSeconds} less KKP_KEY_ROTATION_SECS ${rotationSeconds}.`,
  ];
}

function ringFaults(options: SigningKeyOptions): string[] | undefined {
  const needed = 2 + mostRetired(options);
  if (needed <= options.maxActiveKeys) return undefined;
  return [
    `KKP_MAX_ACTIVE_KEYS: too few for keys that live tokens need. Allowed: ${needed} or more with KKP_KEY_TTL_SECS ` +
      `${options.ttlSeconds}, KKP_KEY_ROTATION_SECS ${options.rotationSeconds} and tokens of up to ` +
      `${options.maxTokenTtlSeconds} seconds: the next key, the active one, and ${needed - 2} retired.`,
  ];
}
