/** What goes wrong between a client and the service it asks, as data. Times are in milliseconds. */
export type Fault =
  | { readonly kind: 'none' }
  /** The answer is right, and this late. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** A TCP reset instead of an answer. */
  | { readonly kind: 'reset' }
  /** The proxy ends its half of the connection (FIN) instead of answering, and goes on listening. */
  | { readonly kind: 'half-close' }
  /** The connection and the request are taken, and nothing is ever answered. */
  | { readonly kind: 'black-hole' }
  /** The head comes at once, the body byte by byte with a pause after each. */
  | { readonly kind: 'slow-drip'; readonly everyMs: number }
  /** The head of the whole answer, half of its body, then the end of the connection. */
  | { readonly kind: 'truncated' }
  /** Half of the body in a frame that says that it is whole. */
  | { readonly kind: 'half-body' }
  /** Somebody in front of the service answers in its place. */
  | {
      readonly kind: 'refusal';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /**
   * A success of the service, with other values of some members: of its JSON, by dotted path. What the answer does not
   * have is not added.
   */
  | { readonly kind: 'rewritten'; readonly members: Readonly<Record<string, unknown>> };

export const NO_FAULT: Fault = { kind: 'none' };
