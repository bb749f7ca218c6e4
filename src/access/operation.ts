import type { CallContext } from '../call-context.js';
import type { AuthenticatedCaller } from '../callers/index.js';
import { KkpError } from '../errors.js';
import type { Decision, PolicyInput } from '../policy/index.js';
import type { Asker } from './asker.js';
import type { BodyType } from './body.js';
import type { Facts } from './obligations.js';

/** What an operation wants to know from the policy, and what it will do once the policy has agreed. */
export interface Prepared<Work> {
  readonly input: PolicyInput;
  readonly work: Work;
  /** For the obligations of the decision; what is not said here cannot meet one. */
  readonly facts?: Facts;
  /** Who asks, where the body has told: quotas then count for this one. */
  readonly caller?: AuthenticatedCaller;
  /** Asked again when the answer is made: what the work rests on may have been taken back meanwhile. @throws KkpError */
  readonly recheck?: () => void;
}

/**
 * One thing that KKP does for a caller: which body it takes, what it asks the policy, and what it does then.
 * `prepare` throws for whatever must be refused whether or not a policy would agree (bad token, wrong scope).
 */
export interface Operation<Body extends object, Work, Result> {
  readonly body: BodyType<Body>;
  /**
   * Where a KKP token that stands in for an authenticated caller may be; absent: nowhere. One in the body is for `prepare`
   * to find, and to miss.
   */
  readonly tokenIsEnough?: TokenPlace;
  prepare(body: Body, asker: Asker): Prepared<Work> | Promise<Prepared<Work>>;
  perform(permit: Permit<Work>, call: CallContext): Promise<Result>;
}

export type TokenPlace = 'in the header' | 'in header or body';

export type AnyOperation = Operation<object, unknown, unknown>;

/** @throws KkpError `unauthenticated` when nobody asks for what no KKP token is enough for */
export function requireCaller(
  { tokenIsEnough }: { readonly tokenIsEnough?: TokenPlace },
  { caller, token }: Asker,
): void {
  if (caller.kind !== 'none' || tokenIsEnough === 'in header or body') return;
  if (tokenIsEnough === 'in the header' && token !== undefined) return;
  if (token !== undefined) {
    throw new KkpError('invalid_bearer', 'Say who you are: a KKP token is no credential for this.');
  }
  throw new KkpError('unauthenticated', 'Say who you are: the request carries no credential.');
}

/** Does what the policy has agreed to, and answers it unless what it rests on has been taken back meanwhile. */
export async function performed<Work, Result>(
  operation: Pick<Operation<never, Work, Result>, 'perform'>,
  permit: Permit<Work>,
  call: CallContext,
): Promise<Result> {
  const result = await operation.perform(permit, call);
  permit.recheck();
  return result;
}

/** Proof that the policy agreed to this very work. Only the authorizer makes one. */
export class Permit<Work> {
  readonly #work: Work;

  constructor(
    work: Work,
    readonly decision: Decision,
    /** To be asked right before an answer leaves. @throws KkpError when the work must not be answered any more */
    readonly recheck: () => void = () => undefined,
  ) {
    this.#work = work;
  }

  get work(): Work {
    return this.#work;
  }
}
