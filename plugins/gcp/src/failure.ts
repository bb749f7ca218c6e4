/** What an answer that is no success says, read from Google's error model (https://google.aip.dev/193). */
export interface Failure {
  /** Name of the `google.rpc.Code`; undefined when the answer is not in Google's form. */
  readonly status: string | undefined;
  /** HTTP status. */
  readonly httpStatus: number;
  /** May repeat what was sent: matched, and passed on for those codes only that speak of keys. */
  readonly message: string;
  /** `reason` of its `google.rpc.ErrorInfo`. */
  readonly reason: string | undefined;
  /** Of its `google.rpc.RequestInfo`. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
}

const LABEL = /^[A-Za-z0-9._-]{1,64}$/;
const DURATION = /^(\d{1,6})(?:\.(\d{1,9}))?s$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const MOST_MESSAGE = 1000;

/** @param now Unix time in milliseconds */
export function readFailure(response: Response, body: unknown, now: number): Failure {
  const error = members(members(body).error);
  const details = Array.isArray(error.details) ? error.details.map(members) : [];
  const detail = (type: string) =>
    details.find((item) => item['@type'] === `type.googleapis.com/google.rpc.${type}`) ?? {};
  return {
    status: label(error.status),
    httpStatus: response.status,
    message: typeof error.message === 'string' ? error.message.slice(0, MOST_MESSAGE) : '',
    reason: label(detail('ErrorInfo').reason),
    requestId: label(detail('RequestInfo').requestId),
    retryAfterMs:
      readDuration(detail('RetryInfo').retryDelay) ??
      readRetryAfter(response.headers.get('retry-after'), now),
  };
}

/** JSON form of `google.protobuf.Duration`: `1.5s`. */
function readDuration(value: unknown): number | undefined {
  const [, seconds, fraction = ''] = DURATION.exec(typeof value === 'string' ? value : '') ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number(`${seconds}.${fraction}`) * 1000);
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  return HTTP_DATE.test(value) ? Math.max(Date.parse(value) - now, 0) : undefined;
}

export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function label(value: unknown): string | undefined {
  return typeof value === 'string' && LABEL.test(value) ? value : undefined;
}
