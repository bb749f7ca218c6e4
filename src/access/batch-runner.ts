import { Inject, Injectable } from '@nestjs/common';
import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import { KKP_LOG, type KkpLog } from '../log.js';
import { failed, type Ask, type BatchAnswer, type ItemResult } from './batch.js';
import type { Operation, Permit } from './operation.js';
import { logFault, toKkpError } from './problem.js';

/** The most items of one batch that are under way at a time. */
const AT_ONCE = 8;

/** Performs each item of a batch like a request of its own: no result depends on another item. */
@Injectable()
export class BatchRunner {
  constructor(@Inject(KKP_LOG) private readonly log: KkpLog) {}

  /** Never rejects. Each item is known as the request's id with its place, as `3f2a.0`, to logs and key services. */
  async run<Work, Result>(
    operation: Operation<object, Work, Result>,
    asks: readonly Ask<Work>[],
    call: CallContext,
  ): Promise<BatchAnswer<Result>> {
    const outcomes = await mapAtMost(AT_ONCE, asks, (ask, place) =>
      this.perform(operation, ask, { ...call, requestId: `${call.requestId}.${place}` }),
    );
    // All results leave together, the first of them long after it was made.
    return { results: outcomes.map(resultOf) };
  }

  private async perform<Work, Result>(
    operation: Operation<object, Work, Result>,
    ask: Ask<Work>,
    call: CallContext,
  ): Promise<Outcome<Result>> {
    if (call.signal?.aborted) return new KkpError('unavailable', 'The batch was given up before this.');
    try {
      // Asked at the item's own turn, so that an expired token or another policy counts from then on.
      const permit = await ask(call);
      return { permit, body: await operation.perform(permit, call) };
    } catch (thrown) {
      const error = toKkpError(thrown);
      logFault(this.log, error, call.requestId);
      return error;
    }
  }
}

/** What became of an item at its turn. */
type Outcome<Result> = { readonly permit: Permit<unknown>; readonly body: Result } | KkpError;

function resultOf<Result>(outcome: Outcome<Result>): ItemResult<Result> {
  if (outcome instanceof KkpError) return failed(outcome);
  try {
    outcome.permit.recheck();
    return { status: 200, body: outcome.body };
  } catch (error) {
    return failed(toKkpError(error));
  }
}

/** As `Promise.all(items.map(run))`, with at most `limit` of them running. */
async function mapAtMost<Item, Result>(
  limit: number,
  items: readonly Item[],
  run: (item: Item, place: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [place, item] of waiting) results[place] = await run(item, place);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
