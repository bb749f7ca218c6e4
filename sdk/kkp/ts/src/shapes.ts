import type { TokenUse } from './types.js';

/** What members of answers and claims of tokens are made of. */
export const isString = (value: unknown): value is string => typeof value === 'string';

export const isName = (value: unknown): value is string => isString(value) && value !== '';

/** Unix seconds, or a number of them: a number whose value is an integer from 0 to 2^53 - 1. */
export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const TOKEN_USES: readonly unknown[] = ['decrypt', 'encrypt', 'rewrap', 'data_key'] satisfies TokenUse[];

/** A non-empty list of uses, none of them twice. */
export const isOps = (value: unknown): value is TokenUse[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  new Set(value).size === value.length &&
  value.every((use) => TOKEN_USES.includes(use));
