import { parseArgs } from 'node:util';

export interface LoadOptions {
  /** Open connections, each with one request under way. */
  readonly connections: number;
  /** Seconds of load, for one server, one route and one round. */
  readonly duration: number;
  /** Seconds of load before the first round, for one server and one route. */
  readonly warmup: number;
  readonly rounds: number;
  /** Starts of each server for the start-up time. */
  readonly starts: number;
}

/** Default and inclusive limits. The limits keep a run from becoming an attack on its machine. */
const OPTIONS = {
  connections: { fallback: 16, smoke: 1, least: 1, most: 256 },
  duration: { fallback: 5, smoke: 0.2, least: 0.1, most: 60 },
  warmup: { fallback: 2, smoke: 0.2, least: 0.1, most: 60 },
  rounds: { fallback: 3, smoke: 1, least: 1, most: 9 },
  starts: { fallback: 5, smoke: 1, least: 1, most: 20 },
} as const;

/** @throws TypeError or RangeError that names the option and what is allowed */
export function readOptions(args: string[]): LoadOptions & { smoke: boolean } {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      smoke: { type: 'boolean', default: false },
      connections: text,
      duration: text,
      warmup: text,
      rounds: text,
      starts: text,
    },
  });
  const number = (name: keyof typeof OPTIONS): number => {
    const { fallback, smoke, least, most } = OPTIONS[name];
    const given = values[name];
    const value = given === undefined ? (values.smoke ? smoke : fallback) : Number(given);
    const whole = name === 'duration' || name === 'warmup' || Number.isInteger(value);
    if (whole && value >= least && value <= most) return value;
    throw new RangeError(`--${name} must be a number from ${least} to ${most}.`);
  };
  return {
    smoke: values.smoke,
    connections: number('connections'),
    duration: number('duration'),
    warmup: number('warmup'),
    rounds: number('rounds'),
    starts: number('starts'),
  };
}
