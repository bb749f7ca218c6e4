import assert from 'node:assert/strict';
import { isKmsError, type KmsError, type KmsErrorCode } from '../errors.js';

/** Awaits a rejection with one of the codes, and gives the error. A plain value or another error fails the rule. */
export async function expectKmsError(
  what: string,
  codes: readonly KmsErrorCode[],
  attempt: () => Promise<unknown>,
): Promise<KmsError> {
  const error = await rejectionOf(what, attempt);
  assert.ok(isKmsError(error), `${what}: rejected with ${nameOf(error)} instead of KmsError`);
  assert.ok(
    codes.includes(error.code),
    `${what}: rejected as ${error.code} instead of ${codes.join(' or ')}`,
  );
  return error;
}

export function expectBytes(what: string, actual: Uint8Array, expected: Uint8Array): void {
  assert.ok(Buffer.from(expected).equals(actual), `${what}: the bytes differ`);
}

/** Awaits `work`, but not for longer than `limitMs`. */
export async function expectWithin(what: string, limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what}: no answer in time` })),
      limitMs,
    );
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function rejectionOf(what: string, attempt: () => Promise<unknown>): Promise<unknown> {
  try {
    await attempt();
  } catch (error) {
    return error;
  }
  return assert.fail(`${what}: succeeded`);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
