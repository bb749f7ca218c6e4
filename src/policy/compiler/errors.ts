/** One thing that OPA has to say about a policy. `row` and `col` count from 1; 0 where OPA names no place. */
export interface PolicyMessage {
  /** OPA's code, such as `rego_parse_error`. */
  code: string;
  message: string;
  file: string;
  row: number;
  col: number;
  /** Further lines, such as the source line with a caret under it. */
  details: readonly string[];
}

/** A policy that OPA refuses. The message is OPA's own text, each error with its file and line. */
export class PolicyCompileError extends Error {
  override readonly name = 'PolicyCompileError';

  constructor(
    message: string,
    readonly errors: readonly PolicyMessage[],
  ) {
    super(message);
  }
}

/** The compiler itself failed: it could not be started, took too long, or crashed. Says nothing about the policy. */
export class PolicyCompilerFault extends Error {
  override readonly name = 'PolicyCompilerFault';
}
