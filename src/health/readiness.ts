import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { KmsHealth } from 'kkp-plugin-kit';
import { BackendRegistry } from '../backends/index.js';
import { CallerAuthentication } from '../callers/index.js';
import { SigningKeys } from '../keys/index.js';
import { REVOCATION_BOUND } from '../kkp.options.js';
import { PolicyHolder } from '../policy/index.js';

/** How long after a revocation somebody may still profit from a token that it covers, in seconds; from the configuration. */
interface RevocationBound {
  /** What is under way is judged again when its answer is made, and a batch when all of it is. */
  readonly here: number;
  /** A verifier may rely on a signed list that is as old as a list may be. */
  readonly offline: number;
}

/** Whether to send requests here, and why. */
export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly backends: Readonly<Record<string, Pick<KmsHealth, 'status' | 'latencyMs'>>>;
  readonly policy: { readonly revision: string };
  readonly signing_keys: Readonly<Record<string, number>>;
  readonly revocation_bound_seconds: RevocationBound;
  /** By issuer of callers: whether its keys are at hand, how old they are, and how often they were asked for in vain. */
  readonly caller_keys: Readonly<Record<string, CallerKeys>>;
}

interface CallerKeys {
  readonly status: 'held' | 'missing';
  readonly age_seconds?: number;
  readonly failures: number;
}

/**
 * Ready while the policy is loaded, a key signs and at least one backend answers. One backend that is down makes a
 * degraded server, not an absent one: the others go on. So does one issuer of callers whose keys are missing, but when all
 * callers are of issuers and none has given any keys since the start, nobody can be let in.
 */
@Injectable()
export class ReadinessCheck implements BeforeApplicationShutdown {
  #closing = false;

  constructor(
    @Inject(BackendRegistry) private readonly registry: BackendRegistry,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(PolicyHolder) private readonly policy: PolicyHolder,
    @Inject(CallerAuthentication) private readonly callers: CallerAuthentication,
    @Inject(REVOCATION_BOUND) private readonly bound: RevocationBound,
  ) {}

  async check(): Promise<Readiness> {
    const health = await this.registry.health();
    const states = Object.values(health).map(({ status }) => status);
    const signing = this.keys.status().keys;
    const callerKeys = await this.callerKeys();
    const issuers = Object.values(callerKeys);
    const letsNobodyIn = this.callers.needsIssuers && issuers.every((keys) => keys.age_seconds === undefined);
    const usable =
      signing.some(({ state }) => state === 'active') &&
      states.some((status) => status !== 'down') &&
      !letsNobodyIn;
    const isWhole =
      states.every((state) => state === 'up') && issuers.every((keys) => keys.status === 'held');
    const status = this.#closing || !usable ? 'unavailable' : isWhole ? 'ready' : 'degraded';
    return {
      status,
      backends: Object.fromEntries(
        Object.entries(health).map(([name, { status, latencyMs }]) => [name, { status, latencyMs }]),
      ),
      policy: { revision: this.policy.current.revision },
      signing_keys: countBy(signing.map(({ state }) => state)),
      revocation_bound_seconds: this.bound,
      caller_keys: callerKeys,
    };
  }

  /** Keys are asked for by credentials. None come to a server that is not ready, so that this has to ask. */
  private async callerKeys(): Promise<Record<string, CallerKeys>> {
    const all = this.callers.issuerKeys;
    await Promise.all(all.map((keys) => keys.want()));
    return Object.fromEntries(
      all.map((keys) => {
        const { usable, ageSeconds, failures } = keys.status();
        const age = ageSeconds === undefined ? {} : { age_seconds: Math.floor(ageSeconds) };
        return [keys.issuer, { status: usable ? 'held' : 'missing', ...age, failures }];
      }),
    );
  }

  /** From here on no request should be sent here. */
  beginToEnd(): void {
    this.#closing = true;
  }

  beforeApplicationShutdown(): void {
    this.beginToEnd();
  }
}

const countBy = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};
