import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import { unixSeconds, type Clock } from '../clock.js';
import { RevokeBody, type RevokedDto } from './revocation.dto.js';
import type { Revocations } from './revocations.js';
import { ruleOf } from './rule-of-body.js';
import type { RevocationRule } from './rules.js';

/** Takes tokens back. */
export class RevokeTokens implements Operation<RevokeBody, RevocationRule, RevokedDto> {
  readonly body = RevokeBody;

  constructor(
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  prepare(body: RevokeBody, { caller }: Asker): Prepared<RevocationRule> {
    const rule = ruleOf(body, unixSeconds(this.clock));
    return { input: { action: 'revoke_tokens', request: { rule, context: {} }, caller }, work: rule };
  }

  async perform({ work }: Permit<RevocationRule>): Promise<RevokedDto> {
    const { expires_at, ...rule } = await this.revocations.revoke(work);
    return { rule, expires_at };
  }
}
