/** One faulty option: where it is and what would be right. Never the value: it may be a secret. */
export interface OptionFault {
  readonly path: string;
  readonly allowed: string;
}

/** A backend was configured wrongly. Lists every faulty option at once. */
export class KmsPluginConfigError extends Error {
  override readonly name = 'KmsPluginConfigError';
  readonly code = 'invalid-plugin-options';

  constructor(
    readonly kind: string,
    readonly faults: readonly OptionFault[],
  ) {
    const lines = faults.map(({ path, allowed }) => `${path}: ${allowed}`);
    super(`A backend of kind "${kind}" has faulty options. ${lines.join('; ')}.`);
  }
}

/**
 * Reads a backend's options. A fault is noted instead of thrown, and the reader goes on with a stand-in of the right
 * type, so that one start tells all faults; nothing is created from stand-ins. An option nobody read is a fault.
 */
export class OptionReader {
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #faults: OptionFault[] = [];
  readonly #read = new Set<string>();

  constructor(options: unknown) {
    const readable = isRecord(options);
    this.#options = readable ? options : {};
    if (!readable) this.fault('options', 'must be an object');
  }

  /** Notes a fault that a plugin found by itself. `allowed` says what would be right and repeats no value. */
  fault(path: string, allowed: string): void {
    this.#faults.push({ path, allowed });
  }

  /** A required string for which `test` holds. */
  string(path: string, allowed: string, test: (value: string) => boolean): string {
    const value = this.#take(path);
    if (typeof value === 'string' && test(value)) return value;
    this.fault(path, allowed);
    return '';
  }

  optionalString(path: string, allowed: string, test: (value: string) => boolean): string | undefined {
    return this.#take(path) === undefined ? undefined : this.string(path, allowed, test);
  }

  /** One of `values`; required unless there is a fallback. */
  oneOf<const T extends string>(path: string, values: readonly [T, ...T[]], fallback?: T): T {
    const value = this.#take(path) ?? fallback;
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) this.fault(path, `must be one of ${values.join(', ')}`);
    return found ?? values[0];
  }

  boolean(path: string, fallback: boolean): boolean {
    const value = this.#take(path) ?? fallback;
    if (typeof value === 'boolean') return value;
    this.fault(path, 'must be true or false');
    return fallback;
  }

  /** A whole number from `min` to `max`. */
  integer(
    path: string,
    { min, max }: { readonly min: number; readonly max: number },
    fallback: number,
  ): number {
    const value = this.#take(path) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.fault(path, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  /** An optional list of strings; empty when absent. */
  strings(path: string): readonly string[] {
    const value = this.#take(path) ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.fault(path, 'must be a list of strings');
    return [];
  }

  /** An option as it was given, of whatever type: the plugin judges it, and notes its faults. */
  value(path: string): unknown {
    return this.#take(path);
  }

  /** All faults, those of options nobody asked for included. */
  faults(): readonly OptionFault[] {
    const known = [...this.#read].join(', ');
    const unknown = Object.keys(this.#options).filter((path) => !this.#read.has(path));
    return [
      ...this.#faults,
      ...unknown.map((path) => ({ path, allowed: `is unknown; allowed are ${known}` })),
    ];
  }

  #take(path: string): unknown {
    this.#read.add(path);
    return Object.hasOwn(this.#options, path) ? this.#options[path] : undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
