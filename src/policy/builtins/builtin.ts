/** What one evaluation shares with its builtins. */
export interface Evaluation {
  /** Nanoseconds since the Unix epoch; the same throughout one evaluation. */
  readonly nowNs: bigint;
}

export type Answer = string | number | boolean | bigint | readonly number[];

/**
 * A builtin that the host supplies to a policy module. Operands are JSON texts, because a number in them may be an
 * integer beyond 2^53; a bigint is answered for the same reason. A set arrives as an array: no builtin may be added
 * whose answer depends on the difference. Throws when OPA's own would fail; the call is undefined then.
 */
export type HostBuiltin = (operands: readonly string[], evaluation: Evaluation) => Answer;

export type HostBuiltins = Readonly<Record<string, HostBuiltin>>;
