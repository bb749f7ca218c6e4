import type { Caller } from '../callers/index.js';

/**
 * Who may share cached data keys: to encrypt, the same caller; to decrypt, the same caller with tokens of the same
 * subject. Everything that is known of a caller counts, so that whatever callers come to be told apart by keeps them
 * apart here as well.
 */
export const partitionOf = (caller: Caller, subject?: string): string => JSON.stringify([caller, subject]);
