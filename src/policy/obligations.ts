import { isJsonObject } from '../strict-json.js';
import type { PolicyInput } from './input.js';

/** What a policy makes its yes depend on, or wants done with the answer. Absent: nothing of the kind. */
export interface Obligations {
  /** `require_audience`: the only `aud` that the token may have. */
  readonly requireAudience?: string;
  /** `max_plaintext_bytes`: the most plaintext, which no policy sees itself. */
  readonly maxPlaintextBytes?: number;
  /** `redact_claims`: the answer shows no `policy_claims` and no optional claims. */
  readonly redactClaims?: boolean;
}

type Action = PolicyInput['action'];

interface Obligation {
  readonly member: keyof Obligations;
  /** Where KKP can keep it. */
  readonly actions: readonly Action[];
  isValid(value: unknown): boolean;
}

/** Every obligation there is, by its name in a decision. */
const OBLIGATIONS: Readonly<Record<string, Obligation>> = {
  require_audience: {
    member: 'requireAudience',
    actions: ['issue_token', 'exchange_token', 'encrypt', 'decrypt', 'rewrap', 'data_key'],
    isValid: (value) => typeof value === 'string' && value !== '',
  },
  max_plaintext_bytes: {
    member: 'maxPlaintextBytes',
    actions: ['encrypt', 'decrypt', 'rewrap', 'data_key'],
    isValid: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  },
  redact_claims: {
    member: 'redactClaims',
    actions: ['decrypt'],
    isValid: (value) => typeof value === 'boolean',
  },
};

/**
 * The obligations of a decision; or, as text, why KKP cannot be sure to keep them: one that it does not know, one of
 * another type, one that means nothing to the action. That is a reason to deny.
 */
export function readObligations(value: unknown, action: Action): Obligations | string {
  if (!isJsonObject(value)) return 'obligations of the decision are not an object';
  const read: Partial<Record<keyof Obligations, unknown>> = {};
  for (const [name, given] of Object.entries(value)) {
    const known = Object.hasOwn(OBLIGATIONS, name) ? OBLIGATIONS[name] : undefined;
    if (!known) return `there is no such obligation; there are ${Object.keys(OBLIGATIONS).join(', ')}`;
    if (!known.actions.includes(action)) return `the obligation ${name} cannot be kept for ${action}`;
    if (!known.isValid(given)) return `the obligation ${name} has a value of another type`;
    read[known.member] = given;
  }
  return read as Obligations;
}
