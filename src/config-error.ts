/** The configuration cannot be used. Holds every fault found, each a sentence without secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    const heading =
      faults.length === 1 ? 'The configuration has a fault' : `The configuration has ${faults.length} faults`;
    super(`${heading}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** The one variable of the server that is not a setting: the file with everything else. */
export const CONFIG_FILE_VARIABLE = 'KKP_CONFIG';

/** How a fault names a place in that file. */
export const inFile = (path: string): string => `${CONFIG_FILE_VARIABLE} file, ${path}`;

/** The class of a faulty value, in words: enough to find the mistake, and never the value itself. */
export function classify(raw: unknown): string {
  if (raw === null || raw === undefined) return 'nothing';
  if (Array.isArray(raw)) return raw.length === 0 ? 'an empty list' : 'a list';
  if (typeof raw === 'object') return 'an object';
  if (typeof raw === 'boolean') return 'true or false';
  if (raw === '') return 'an empty value';
  if (typeof raw !== 'number') return 'text';
  if (!Number.isInteger(raw)) return 'a number that is not whole';
  return raw < 0 ? 'a negative number' : 'a number';
}
