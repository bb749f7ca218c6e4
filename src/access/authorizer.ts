import { Inject, Injectable } from '@nestjs/common';
import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import { KKP_LOG, type KkpLog } from '../log.js';
import { KkpMetrics } from '../metrics.js';
import { PolicyHolder, reasonForLog, type Decision } from '../policy/index.js';
import { Quotas } from '../quotas/index.js';
import type { Asker } from './asker.js';
import { BatchBody, type Ask } from './batch.js';
import { parseBody } from './body.js';
import { brokenObligation } from './obligations.js';
import { Permit, requireCaller, type Operation } from './operation.js';

/** The one way to a permit: the body is checked, the operation prepared, the policy asked. */
@Injectable()
export class Authorizer {
  constructor(
    @Inject(PolicyHolder) private readonly policy: PolicyHolder,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(KkpMetrics) private readonly metrics: KkpMetrics,
    @Inject(KKP_LOG) private readonly log: KkpLog,
  ) {}

  /** @throws KkpError `unauthenticated`, `invalid_request` for the body, `policy_denied`, `rate_limited`, or what the operation itself refuses. */
  async authorize<Body extends object, Work>(
    operation: Operation<Body, Work, unknown>,
    body: unknown,
    asker: Asker,
    call: CallContext,
  ): Promise<Permit<Work>> {
    requireCaller(operation, asker);
    const prepared = await operation.prepare(parseBody(operation.body, body), asker);
    const { input: question, work, facts = {}, caller = asker.caller, recheck } = prepared;
    // From here to the spending nothing is awaited: of two requests at a time neither spends what the other has.
    const { input, spend } = this.quotas.meter({ ...asker, caller }, question);
    const decision = this.policy.decide(input);
    const broken = brokenObligation(decision.obligations ?? {}, input, facts);
    const outcome = outcomeOf(decision, broken);
    this.metrics.decision(input.action, outcome);
    if (outcome === 'allow') {
      spend();
      return new Permit(work, decision, recheck);
    }
    this.log(outcome === 'fault' ? 'warn' : 'info', 'policy denied', {
      request_id: call.requestId,
      action: input.action,
      revision: decision.revision,
      reason: decision.reason && reasonForLog(decision.reason),
      obligation: broken,
      fault: decision.fault,
    });
    throw denial(decision);
  }

  /**
   * One question for each item of a batch, to be asked at its turn.
   * @throws KkpError `unauthenticated`; `invalid_request` for what is no batch
   */
  authorizeEach<Body extends object, Work>(
    operation: Operation<Body, Work, unknown>,
    body: unknown,
    asker: Asker,
  ): Ask<Work>[] {
    requireCaller(operation, asker);
    const { items } = parseBody(BatchBody, body);
    return items.map((item) => (call) => this.authorize(operation, item, asker, call));
  }
}

function outcomeOf({ allowed, fault }: Decision, broken: string | undefined): 'allow' | 'deny' | 'fault' {
  if (fault !== undefined) return 'fault';
  return allowed && broken === undefined ? 'allow' : 'deny';
}

function denial({ publicReason }: Decision): KkpError {
  const because = publicReason === undefined ? '.' : `: ${publicReason}`;
  return new KkpError('policy_denied', `The policy does not allow this${because}`);
}
