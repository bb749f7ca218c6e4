import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import type { Decision, PolicyInput } from '../policy/index.js';
import type { Asker } from './asker.js';
import type { BodyType } from './body.js';

/** What an operation wants to know from the policy, and what it will do once the policy has agreed. */
export interface Prepared<Work> {
  readonly input: PolicyInput;
  readonly work: Work;
}

/**
 * One thing that KKP does for a caller: which body it takes, what it asks the policy, and what it does then.
 * `prepare` throws for whatever must be refused whether or not a policy would agree (bad token, wrong scope).
 */
export interface Operation<Body extends object, Work, Result> {
  readonly body: BodyType<Body>;
  /** A KKP token can stand in for an authenticated caller; `prepare` refuses when there is none either. */
  readonly tokenIsEnough?: true;
  prepare(body: Body, asker: Asker): Prepared<Work>;
  perform(permit: Permit<Work>, call: CallContext): Promise<Result>;
}

export type AnyOperation = Operation<object, unknown, unknown>;

/** @throws KkpError `unauthenticated` when nobody asks for what no KKP token is enough for */
export function requireCaller({ tokenIsEnough }: { readonly tokenIsEnough?: true }, { caller }: Asker): void {
  if (caller.kind !== 'none' || tokenIsEnough === true) return;
  throw new KkpError('unauthenticated', 'Say who you are: the request carries no credential.');
}

/** Proof that the policy agreed to this very work. Only the authorizer makes one. */
export class Permit<Work> {
  readonly #work: Work;

  constructor(
    work: Work,
    readonly decision: Decision,
  ) {
    this.#work = work;
  }

  get work(): Work {
    return this.#work;
  }
}
