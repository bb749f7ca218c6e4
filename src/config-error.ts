/** The configuration cannot be used. Holds every fault found, each a sentence without secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    const heading =
      faults.length === 1 ? 'The configuration has a fault' : `The configuration has ${faults.length} faults`;
    super(`${heading}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}
