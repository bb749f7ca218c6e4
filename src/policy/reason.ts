/** The most that a log line takes of a reason, in UTF-16 units. */
const LOGGED = 1000;

/** Letters, digits, punctuation, symbols and plain spaces: one line of text, at most 200 characters. */
const PUBLIC = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,200}$/u;

export const reasonForLog = (reason: string): string =>
  reason.length <= LOGGED ? reason : `${reason.slice(0, LOGGED)}…`.toWellFormed();

/** Whether a reason may be shown to a caller as it is. */
export const isPublicReason = (reason: string | undefined): reason is string =>
  reason !== undefined && PUBLIC.test(reason);
