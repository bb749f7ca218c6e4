/** What can be read of an error of the SDK, whatever it is. */
export interface Failure {
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** The service's code and inner codes, outermost first; else the error's own. */
  readonly codes: readonly string[];
  /** The service's message, where it gave one in its own form. */
  readonly said: string | undefined;
  /** The error's message: may hold the body of an answer, so it is looked at and never kept. */
  readonly message: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** No connection, or none that lasted. */
  readonly network: boolean;
}

const CODE = /^[\w.-]{1,64}$/;
const MAX_SAID = 500;
const MAX_INNER = 4;
/** Also in the messages of `@azure/identity`, which wraps what happened. */
const NETWORK =
  /\b(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|REQUEST_SEND_ERROR|network_error|endpoints_resolution_error)\b/;

export function readFailure(error: unknown): Failure {
  const top = members(error);
  const service = members(members(top.details).error);
  const message = text(top.message) ?? '';
  const own = [text(members(top.errorResponse).error), text(top.code), text(top.name)].filter(isCode);
  const codes = serviceCodes(service);
  const status = typeof top.statusCode === 'number' ? top.statusCode : 0;
  return {
    status,
    codes: codes.length > 0 ? codes : own.slice(0, 1),
    said: text(service.message)?.slice(0, MAX_SAID),
    message,
    requestId: [header(top, 'x-ms-request-id')].find(isCode),
    retryAfterMs: readRetryAfter(header(top, 'retry-after')),
    network: NETWORK.test(`${text(top.code) ?? ''} ${message}`),
  };
}

function serviceCodes(service: Record<string, unknown>): string[] {
  const codes: string[] = [];
  for (let level = service, depth = 0; depth < MAX_INNER; level = members(level.innerError), depth++) {
    const code = text(level.code);
    if (isCode(code)) codes.push(code);
  }
  return codes;
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const at = value.endsWith(' GMT') ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function header(error: Record<string, unknown>, name: string): string | undefined {
  const headers = members(error.response).headers;
  const get = members(headers).get;
  return typeof get === 'function' ? text(get.call(headers, name)) : undefined;
}

const members = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const isCode = (value: string | undefined): value is string => value !== undefined && CODE.test(value);
