import { isJsonObject } from '../strict-json.js';
import type { PolicyInput } from './input.js';
import { readObligations, type Obligations } from './obligations.js';
import { isPublicReason } from './reason.js';

/** What the policy answered, read strictly. */
export interface Decision {
  allowed: boolean;
  /** Revision of the policy that answered. */
  revision: string;
  /** Upper limit for the life of the token, in seconds; a positive integer. */
  maxTtlSeconds?: number;
  /** The policy's own words, of any length. */
  reason?: string;
  /** The same, where the policy wants a refused caller to read them. */
  publicReason?: string;
  obligations?: Obligations;
  /** Why something other than the policy's own `false` denied. For the log only. */
  fault?: string;
}

export type Verdict = Omit<Decision, 'revision'>;

const MEMBERS = ['allow', 'max_ttl_seconds', 'reason', 'public_reason', 'obligations'];

export const denied = (fault: string): Verdict => ({ allowed: false, fault });

/**
 * Reads OPA's result set: `[]` for undefined, else `[{"result": value}]`. Allowed is exactly `true`, or an object
 * whose `allow` is exactly `true` and whose other members are known and well-formed.
 */
export function readResultSet(results: unknown, action: PolicyInput['action']): Verdict {
  if (!Array.isArray(results)) {
    return denied('the result set is not an array');
  }
  // OPA's way of saying no where a policy has no default: a decision, not a fault.
  if (results.length === 0) {
    return { allowed: false };
  }
  const [first] = results as unknown[];
  if (results.length > 1 || !isJsonObject(first) || !('result' in first)) {
    return denied('the result set is not one result');
  }
  return readValue(first.result, action);
}

function readValue(value: unknown, action: PolicyInput['action']): Verdict {
  if (typeof value === 'boolean') {
    return { allowed: value };
  }
  if (!isJsonObject(value) || typeof value.allow !== 'boolean') {
    return denied('the decision is neither a boolean nor an object whose allow is a boolean');
  }
  // A member that KKP does not know may be a limit that it would fail to keep.
  const unknown = Object.keys(value).filter((name) => !MEMBERS.includes(name));
  if (unknown.length > 0) {
    return denied(`the decision has members other than ${MEMBERS.join(', ')}`);
  }
  const { allow, max_ttl_seconds: maxTtlSeconds, obligations: given } = value;
  if (maxTtlSeconds !== undefined && !isPositiveInteger(maxTtlSeconds)) {
    return denied('max_ttl_seconds of the decision is not a positive integer');
  }
  const reason = readReason(value);
  if (typeof reason === 'string') return denied(reason);
  const obligations = given === undefined ? undefined : readObligations(given, action);
  if (typeof obligations === 'string') return denied(obligations);
  return {
    allowed: allow,
    ...(maxTtlSeconds !== undefined && { maxTtlSeconds }),
    ...reason,
    ...(obligations && { obligations }),
  };
}

/** The reason for the log and for a refused caller; or, as text, what is wrong with it. */
function readReason({
  allow,
  reason,
  public_reason: isPublic,
}: Readonly<Record<string, unknown>>): Pick<Verdict, 'reason' | 'publicReason'> | string {
  if (reason !== undefined && typeof reason !== 'string') return 'reason of the decision is not a string';
  if (isPublic !== undefined && typeof isPublic !== 'boolean') {
    return 'public_reason of the decision is not a boolean';
  }
  return {
    ...(reason !== undefined && { reason }),
    ...(allow === false && isPublic === true && isPublicReason(reason) && { publicReason: reason }),
  };
}

const isPositiveInteger = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;
