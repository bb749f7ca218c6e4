import { LRUCache } from 'lru-cache';
import { unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import type { Limit } from '../limits.js';
import type { PolicyInput, Usage } from '../policy/index.js';
import { MinuteCount } from './minute-count.js';
import { decrypterIds, requesterId, type Spender } from './spender.js';

export type Quota = 'requests' | 'tokens' | 'decrypts';

const perMinute = (unit: Quota): Limit => ({ min: 0, max: 1_000_000_000, unit, fallback: 0 });

/** What one caller may have in any 60 seconds; 0 is no limit. */
export const QUOTA_LIMITS = {
  requestsPerMinute: perMinute('requests'),
  tokensPerMinute: perMinute('tokens'),
  decryptsPerMinute: perMinute('decrypts'),
};

type QuotaLimits = Readonly<Record<keyof typeof QUOTA_LIMITS, number>>;

/** To rewrap is to open an envelope as well. */
const SPENDS: Readonly<Partial<Record<PolicyInput['action'], Quota>>> = {
  issue_token: 'tokens',
  exchange_token: 'tokens',
  decrypt: 'decrypts',
  rewrap: 'decrypts',
};

/** What the policy is asked, and what to do when it agrees. */
interface Metered {
  readonly input: PolicyInput;
  readonly spend: () => void;
}

/** The most callers of whom counts are held; whoever was quiet longest is forgotten first. */
export const MAX_SPENDERS = 10_000;

/**
 * Counts what each caller had of this process in the last minute, and refuses what is beyond its quota.
 *
 * Callers are bounded by lru-cache; the counting is our own. Libraries were measured with a limit of 100 a minute:
 * rate-limiter-flexible 11.4, express-rate-limit 8.7 and the store of @fastify/rate-limit 11.2 count in fixed windows, and
 * let 200 through within two seconds where two windows meet; the first two hold any number of keys (the first 83 MB
 * for 200,000), and answer by a promise, so that two requests could spend the same last unit. The buckets of limiter 4.1 have no keys,
 * and no count of the last minute to show to a policy.
 */
export class Quotas {
  private readonly spenders = new LRUCache<string, Record<Quota, MinuteCount>>({ max: MAX_SPENDERS });
  private readonly limits: Readonly<Record<Quota, number>>;
  private readonly areOn: boolean;

  constructor(
    { requestsPerMinute, tokensPerMinute, decryptsPerMinute }: QuotaLimits,
    private readonly clock: Clock,
    private readonly onRefused: (quota: Quota) => void,
  ) {
    this.limits = { requests: requestsPerMinute, tokens: tokensPerMinute, decrypts: decryptsPerMinute };
    this.areOn = Object.values(this.limits).some((limit) => limit > 0);
  }

  /** Counts a request. @throws KkpError `rate_limited`; a refused request is not counted */
  admit(spender: Spender): void {
    if (!this.areOn) return;
    const { requests } = this.countsOf(requesterId(spender));
    this.refuseBeyond('requests', requests);
    requests.add(unixSeconds(this.clock));
  }

  /**
   * Adds the counts to what the policy is asked. To be spent at once, or never: nothing may be awaited in between.
   * @throws KkpError `rate_limited` when one more token or decryption would be too many
   */
  meter(spender: Spender, input: PolicyInput): Metered {
    if (!this.areOn) return { input, spend: () => undefined };
    const quota = SPENDS[input.action];
    const counts = this.countsFor(spender, input);
    if (quota) for (const count of counts[quota]) this.refuseBeyond(quota, count);
    const now = unixSeconds(this.clock);
    const most = (of: Quota): number => Math.max(...counts[of].map((count) => count.count(now)));
    const usage: Usage = {
      requests_last_minute: most('requests'),
      tokens_issued_last_minute: most('tokens'),
      decrypts_last_minute: most('decrypts'),
    };
    const spend = (): void => {
      if (quota) for (const count of counts[quota]) count.add(now);
    };
    return { input: { ...input, usage }, spend };
  }

  /** Each of them must have room for what is asked. */
  private countsFor(spender: Spender, input: PolicyInput): Readonly<Record<Quota, readonly MinuteCount[]>> {
    const { requests, tokens } = this.countsOf(requesterId(spender));
    const decrypters = decrypterIds(spender, 'claims' in input ? input.claims.sub : undefined);
    const decrypts = decrypters.map((id) => this.countsOf(id).decrypts);
    return { requests: [requests], tokens: [tokens], decrypts };
  }

  private countsOf(id: string): Record<Quota, MinuteCount> {
    const known = this.spenders.get(id);
    if (known) return known;
    const counts = {
      requests: new MinuteCount(),
      tokens: new MinuteCount(),
      decrypts: new MinuteCount(),
    };
    this.spenders.set(id, counts);
    return counts;
  }

  private refuseBeyond(quota: Quota, count: MinuteCount): void {
    const limit = this.limits[quota];
    const now = unixSeconds(this.clock);
    if (limit === 0 || count.count(now) < limit) return;
    this.onRefused(quota);
    throw new KkpError('rate_limited', `A caller may have ${limit} ${quota} a minute.`, {
      retryAfterSeconds: count.secondsUntilBelow(limit, now),
    });
  }
}
