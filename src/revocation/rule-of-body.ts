import { KkpError } from '../errors.js';
import type { RevokeBody } from './revocation.dto.js';
import type { RevocationRule } from './rules.js';

/** How far ahead of this clock `before` may lie: an operator's clock may be ahead, and no more. */
export const MOST_AHEAD_SECONDS = 60;

/**
 * The one rule of a request.
 * @param now Unix seconds
 * @throws KkpError `invalid_request` for none, several, half of one, or a time that is still to come
 */
export function ruleOf(body: RevokeBody, now: number): RevocationRule {
  const { jti, subject, backend, key_id, kid, before } = body;
  for (const [name, value] of Object.entries(body)) {
    if (value === '') throw new KkpError('invalid_request', `Member ${name} must not be empty.`);
  }
  if ((backend === undefined) !== (key_id === undefined)) {
    throw new KkpError('invalid_request', 'Members backend and key_id make one rule: send both.');
  }
  const rules: RevocationRule[] = [];
  if (jti !== undefined) rules.push({ jti });
  if (subject !== undefined) rules.push({ subject, issued_until: now });
  if (backend !== undefined && key_id !== undefined) rules.push({ backend, key_id, issued_until: now });
  if (kid !== undefined) rules.push({ kid });
  if (before !== undefined) rules.push({ before: checkedTime(before, now) });
  const [rule] = rules;
  if (rule !== undefined && rules.length === 1) return rule;
  throw new KkpError(
    'invalid_request',
    'Send exactly one rule: jti, subject, backend with key_id, kid, or before.',
  );
}

function checkedTime(before: number, now: number): number {
  if (before >= 0 && before <= now + MOST_AHEAD_SECONDS) return before;
  throw new KkpError(
    'invalid_request',
    `Member before must be Unix seconds until now, or at most ${MOST_AHEAD_SECONDS} seconds ahead of it.`,
  );
}
