import { types } from 'node:util';
import { KmsError, LABEL, MAX_KEY_ID_LENGTH } from 'kkp-plugin-kit';

/**
 * Readers of what a plugin answers. The host trusts no plugin: a wrong shape is a failure of the backend, `KmsError`
 * `unavailable`, that names the member.
 */

export const isKeyId = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_KEY_ID_LENGTH;

export function demand(fine: boolean, member: string): asserts fine {
  if (!fine) throw new KmsError('unavailable', `The backend gave an answer with a wrong "${member}".`);
}

export function members(answer: unknown, member = 'answer'): Record<string, unknown> {
  demand(typeof answer === 'object' && answer !== null, member);
  return answer as Record<string, unknown>;
}

export function bytes(value: unknown, member: string): Uint8Array {
  demand(types.isUint8Array(value), member);
  return value;
}

export function keyId(value: unknown, member: string): string {
  demand(isKeyId(value), member);
  return value;
}

export function label(value: unknown, member: string): string {
  demand(typeof value === 'string' && LABEL.test(value), member);
  return value;
}

export function flag(value: unknown, member: string): boolean {
  demand(typeof value === 'boolean', member);
  return value;
}

export function size(value: unknown, member: string): number {
  demand(typeof value === 'number' && Number.isSafeInteger(value) && value > 0, member);
  return value;
}

export function finite(value: unknown, member: string): number {
  demand(typeof value === 'number' && Number.isFinite(value), member);
  return value;
}

export function oneOf<T>(allowed: readonly T[], value: unknown, member: string): T {
  const found = allowed.find((candidate) => candidate === value);
  demand(found !== undefined, member);
  return found;
}

/** What `read` makes of a member that may be absent, as an object to spread. */
export function optional<K extends string, T>(
  name: K,
  value: unknown,
  read: (value: unknown, member: string) => T,
): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [name]: read(value, name) } as Record<K, T>);
}
