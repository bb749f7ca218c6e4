import { isKmsError, KmsError } from 'kkp-plugin-kit';
import { BUSY, CLOSED_BLOB, CREDENTIALS, DISABLED, DOWN, REQUEST, ROWS, type Row } from './error-rows.js';

/**
 * `KMSInvalidStateException` stands for two things: a key that may not be used, and any failure of a custom key store.
 * Only its message tells them apart: "arn:... is pending deletion." (hashicorp/terraform-provider-aws#17889).
 */
const UNUSABLE_KEY = /\bis pending (?:replica )?(?:deletion|import)\b/;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

interface Facts {
  /** Whether KMS or STS said so in its own language. */
  readonly fromService: boolean;
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfter: string | undefined;
}

/** The contract's error for anything that the SDK throws. `now`: Unix time in milliseconds. */
export function toKmsError(error: unknown, now: number): KmsError {
  if (isKmsError(error)) return error;
  const facts = readFacts(error);
  const [code, side, text] = rowOf(facts);
  const retryAfterMs = readRetryAfter(facts.retryAfter, now);
  return new KmsError(code, text, {
    side,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(facts.name && { providerCode: facts.name }),
    ...(facts.requestId !== undefined && { providerRequestId: facts.requestId }),
    cause: cleanCause(facts),
  });
}

export function badRequest(text: string): KmsError {
  return new KmsError('invalid-request', text, { side: 'caller' });
}

export function doesNotOpen(): KmsError {
  const [code, side, text] = CLOSED_BLOB;
  return new KmsError(code, text, { side });
}

/** A call that ended here: aborted, out of time, or on a backend that is not open. */
export function ended(text: string): KmsError {
  return new KmsError('unavailable', text, { side: 'proxy' });
}

/** Whether the error is one of `ended`: KMS fails on its own side. */
export function isEnded(error: unknown): boolean {
  return isKmsError(error) && error.code === 'unavailable' && error.side === 'proxy';
}

function rowOf(facts: Facts): Row {
  const { name, message } = facts;
  if (name === 'KMSInvalidStateException') return UNUSABLE_KEY.test(message) ? DISABLED : DOWN;
  const row = Object.hasOwn(ROWS, name) ? ROWS[name] : undefined;
  return row ?? rowOfStatus(facts);
}

/** For a name that is new, or none: what nobody said in the language of KMS proves nothing of the request. */
function rowOfStatus({ fromService, status = 500 }: Facts): Row {
  if (status === 429) return BUSY;
  if (!fromService || status < 400 || status >= 500) return DOWN;
  return status === 401 || status === 403 ? CREDENTIALS : REQUEST;
}

function readFacts(error: unknown): Facts {
  const { name, code, message, $metadata, $response, $fault } = fields(error);
  const { httpStatusCode, requestId } = fields($metadata);
  const fromService = text($fault) !== undefined;
  return {
    fromService,
    name: label(fromService ? name : (label(code) ?? name)) ?? '',
    // Other messages may quote the answer: a JSON parser's does.
    message: fromService ? (text(message) ?? '') : '',
    status: typeof httpStatusCode === 'number' ? httpStatusCode : undefined,
    requestId: label(requestId),
    retryAfter: text(fields(fields($response).headers)['retry-after']),
  };
}

/** The SDK's own errors lead to the request and the answer: signature, session token and plaintext. */
function cleanCause({ name, message, status }: Facts): Error {
  const parts = [name || 'an error without a name', status !== undefined && `status ${status}`, message];
  const cause = new Error(parts.filter(Boolean).join(', '));
  delete cause.stack;
  return cause;
}

/** Seconds or a date (RFC 9110, 10.2.3) as milliseconds from `now`. */
function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse alone takes almost anything: "-1" is a day in 2001.
  return HTTP_DATE.test(value) ? Math.max(Date.parse(value) - now, 0) : undefined;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function label(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value) ? value : undefined;
}
