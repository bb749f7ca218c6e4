import { ArrayMaxSize, ArrayMinSize } from 'class-validator';
import type { CallContext } from '../call-context.js';
import { ERRORS, type KkpError, type KkpErrorCode } from '../errors.js';
import type { Permit } from './operation.js';
import { retryAfterSeconds, toItemProblem, type ItemProblem } from './problem.js';

/** The most items of one batch. */
export const MAX_ITEMS = 100;

const ALLOWED = { message: `must be a list of 1 to ${MAX_ITEMS} items` };

/** The body of every batch. What an item must be is for its own turn to say. */
export class BatchBody {
  @ArrayMinSize(1, ALLOWED)
  @ArrayMaxSize(MAX_ITEMS, ALLOWED)
  readonly items!: readonly unknown[];
}

/** Asks the policy about one item of a batch. @throws KkpError as `Authorizer.authorize` */
export type Ask<Work> = (call: CallContext) => Permit<Work> | Promise<Permit<Work>>;

/** What the guard hands to the handler of a batch of `Of`. */
export type Asks<Of> = Of extends { perform(permit: Permit<infer Work>, call: CallContext): unknown }
  ? readonly Ask<Work>[]
  : never;

/** What the single route would have answered. */
export type ItemResult<Result> =
  | { readonly status: 200; readonly body: Result }
  | {
      readonly status: (typeof ERRORS)[KkpErrorCode]['status'];
      readonly body: ItemProblem;
      /** What `Retry-After` would have said. */
      readonly retry_after_seconds?: number;
    };

/** In the order of the items. */
export interface BatchAnswer<Result> {
  readonly results: readonly ItemResult<Result>[];
}

export function failed(error: KkpError): ItemResult<never> {
  const seconds = retryAfterSeconds(error);
  return {
    status: ERRORS[error.code].status,
    body: toItemProblem(error),
    ...(seconds === undefined ? {} : { retry_after_seconds: seconds }),
  };
}
