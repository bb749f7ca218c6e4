import type { Decision } from './decision.js';
import type { PolicyEngine } from './engine.js';
import type { PolicyInput } from './input.js';

/** The policy in force. A reload swaps the whole engine; each decision is one engine's. */
export class PolicyHolder {
  private lastReload: Promise<void> = Promise.resolve();

  constructor(
    private readonly load: () => Promise<PolicyEngine>,
    private engine: PolicyEngine,
  ) {}

  get current(): PolicyEngine {
    return this.engine;
  }

  decide(input: PolicyInput): Decision {
    return this.engine.decide(input);
  }

  /**
   * Loads the policy again. Reloads run one after the other, so that the last one asked for is the one that stays.
   * @throws PolicyLoadError when the new policy cannot be used; the old one goes on serving
   */
  reload(): Promise<void> {
    const swap = async (): Promise<void> => {
      this.engine = await this.load();
    };
    const reloaded = this.lastReload.then(swap);
    this.lastReload = reloaded.catch(() => undefined);
    return reloaded;
  }
}
