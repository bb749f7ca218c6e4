import { Inject, Injectable } from '@nestjs/common';
import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import { KKP_LOG, type KkpLog } from '../log.js';
import { KkpMetrics } from '../metrics.js';
import { PolicyHolder } from '../policy/index.js';
import type { Asker } from './asker.js';
import { BatchBody, type Ask } from './batch.js';
import { parseBody } from './body.js';
import { Permit, requireCaller, type Operation } from './operation.js';

/** The one way to a permit: the body is checked, the operation prepared, the policy asked. */
@Injectable()
export class Authorizer {
  constructor(
    @Inject(PolicyHolder) private readonly policy: PolicyHolder,
    @Inject(KkpMetrics) private readonly metrics: KkpMetrics,
    @Inject(KKP_LOG) private readonly log: KkpLog,
  ) {}

  /** @throws KkpError `unauthenticated`, `invalid_request` for the body, `policy_denied`, or what the operation itself refuses. */
  authorize<Body extends object, Work>(
    operation: Operation<Body, Work, unknown>,
    body: unknown,
    asker: Asker,
    call: CallContext,
  ): Permit<Work> {
    requireCaller(operation, asker);
    const { input, work } = operation.prepare(parseBody(operation.body, body), asker);
    const decision = this.policy.decide(input);
    const outcome = decision.fault === undefined ? (decision.allowed ? 'allow' : 'deny') : 'fault';
    this.metrics.decision(input.action, outcome);
    if (outcome === 'allow') return new Permit(work, decision);
    this.log(outcome === 'fault' ? 'warn' : 'info', 'policy denied', {
      request_id: call.requestId,
      action: input.action,
      revision: decision.revision,
      reason: decision.reason,
      fault: decision.fault,
    });
    throw new KkpError('policy_denied', 'The policy does not allow this.');
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
