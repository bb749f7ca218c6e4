import { randomUUID } from 'node:crypto';

/** What the fake answers, before it is put on the wire. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Thrown anywhere in the fake: an answer that is no success. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly errors: readonly string[],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(errors.join());
  }
}

/** logical.LogicalResponseWithRequestID, sdk/logical/translate_response.go. */
export function success(members: { data?: unknown; auth?: unknown; warnings?: string[] }): Reply {
  const body = {
    request_id: randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: null,
    wrap_info: null,
    warnings: null,
    auth: null,
    ...members,
  };
  return { status: 200, body };
}

/** The text of hashicorp/go-multierror for the errors of one request (format.go). */
export function multierror(...errors: readonly string[]): string {
  const head = errors.length === 1 ? '1 error occurred:' : `${errors.length} errors occurred:`;
  return `${head}\n\t${errors.map((error) => `* ${error}`).join('\n\t')}\n\n`;
}
