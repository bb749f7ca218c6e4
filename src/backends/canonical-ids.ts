import type { Clock } from '../clock.js';

const REMEMBER_MS = 5 * 60 * 1000;
const MOST_ALIASES = 1000;

/**
 * Says whether an answer comes from the key that was asked for. A key that was asked for by its canonical id
 * answers with the same id. For an alias the provider is asked which key it stands for; never the blob.
 */
export class CanonicalIds {
  private readonly known = new Map<string, { keyId: string; until: number }>();
  private readonly underWay = new Map<string, Promise<string>>();

  /** `resolve` gives the canonical id of an alias, and rejects when there is none. */
  constructor(
    private readonly resolve: (alias: string) => Promise<string>,
    private readonly clock: Clock,
  ) {}

  async match(asked: string, answered: string): Promise<boolean> {
    if (asked === answered) return true;
    const known = this.known.get(asked);
    if (known?.keyId === answered && this.clock.now() < known.until) return true;
    // An alias may have moved since: what is known can only confirm, not refuse.
    return (await this.lookUp(asked)) === answered;
  }

  private lookUp(alias: string): Promise<string> {
    const underWay = this.underWay.get(alias) ?? this.resolveOnce(alias);
    this.underWay.set(alias, underWay);
    return underWay;
  }

  private async resolveOnce(alias: string): Promise<string> {
    try {
      const keyId = await this.resolve(alias);
      this.remember(alias, keyId);
      return keyId;
    } finally {
      this.underWay.delete(alias);
    }
  }

  private remember(alias: string, keyId: string): void {
    this.known.delete(alias);
    const oldest = this.known.keys().next();
    if (this.known.size >= MOST_ALIASES && !oldest.done) this.known.delete(oldest.value);
    this.known.set(alias, { keyId, until: this.clock.now() + REMEMBER_MS });
  }
}
