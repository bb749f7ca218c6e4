import { Recent } from './recent.js';

const REMEMBER_MS = 5 * 60 * 1000;

interface Known {
  /** Undefined when KMS did not tell. */
  readonly current: string | undefined;
  /** Materials that were seen and are not current. */
  readonly retired: Set<string>;
}

/**
 * Remembers which material of a key wraps now. Most answers of KMS tell it; `Decrypt` tells only which one opened, so
 * that it takes a look at the key to know that a blob is stale: one in five minutes, and one for each new material.
 */
export class CurrentMaterial {
  readonly #known: Recent<Known>;

  constructor(now: () => number) {
    this.#known = new Recent(REMEMBER_MS, now);
  }

  /** Notes the material that wraps now; undefined when KMS did not tell. */
  note(arn: string, current: string | undefined): void {
    const { current: before, retired } = this.#known.get(arn) ?? { current: undefined, retired: new Set() };
    if (current !== undefined && before !== undefined) retired.add(before);
    this.#known.set(arn, { current, retired });
  }

  /** Whether another material than `material` wraps now; undefined when KMS does not tell. `look` notes which. */
  async isStale(arn: string, material: string, look: () => Promise<void>): Promise<boolean | undefined> {
    if (!this.#isClear(arn, material)) await look();
    const known = this.#known.get(arn);
    if (known?.current === undefined) return undefined;
    if (known.current === material) return false;
    known.retired.add(material);
    return true;
  }

  /** A material that is neither current nor retired may have come with a rotation since the last look. */
  #isClear(arn: string, material: string): boolean {
    const known = this.#known.get(arn);
    if (!known) return false;
    return known.current === undefined || known.current === material || known.retired.has(material);
  }
}
