import { parseArgs } from 'node:util';

/** A number on the command line: its default, that of a smoke run, and inclusive limits. */
export interface NumberOption {
  readonly fallback: number;
  readonly smoke: number;
  readonly least: number;
  readonly most: number;
  /** Whether it may have a fraction. */
  readonly fraction?: true;
}

export type Numbers<Table> = { readonly [Name in keyof Table]: number } & { readonly smoke: boolean };

/**
 * Reads `--name number` for each option of the table, and `--smoke`.
 *
 * @throws TypeError or RangeError that names the option and what is allowed
 */
export function readNumbers<const Table extends Readonly<Record<string, NumberOption>>>(
  table: Table,
  args: string[],
): Numbers<Table> {
  const names = Object.keys(table);
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      smoke: { type: 'boolean', default: false },
      ...Object.fromEntries(names.map((name) => [name, text])),
    },
  });
  const { smoke } = values;
  const number = (name: string): number => {
    const { least, most, fraction = false, ...defaults } = table[name]!;
    const given = (values as Record<string, unknown>)[name];
    const value = given === undefined ? defaults[smoke ? 'smoke' : 'fallback'] : Number(given);
    if ((fraction || Number.isInteger(value)) && value >= least && value <= most) return value;
    throw new RangeError(`--${name} must be a number from ${least} to ${most}.`);
  };
  const read = Object.fromEntries(names.map((name) => [name, number(name)]));
  return { ...read, smoke } as Numbers<Table>;
}
