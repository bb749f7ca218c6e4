import { KkpError } from '../errors.js';

/** The one text for every failure that depends on the envelope: it does not say which check failed. */
const DETAIL = 'The envelope cannot be opened: it was changed, or belongs to another key or context.';

/** `cause` is for the log. */
export const envelopeError = (cause?: unknown): KkpError => new KkpError('envelope_error', DETAIL, { cause });
