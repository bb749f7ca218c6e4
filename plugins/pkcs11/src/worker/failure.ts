import type { OwnReason } from '../messages.js';

const CRYPTOKI_NAME = /^CKR_[A-Z0-9_]{1,64}$/;

/** Thrown in the worker and told to KKP. Holds names only: an addon's own texts might repeat what it was given. */
export class WorkerFailure extends Error {
  override readonly name: string;

  constructor(
    readonly call: string,
    name: string,
    readonly detail?: string,
  ) {
    super(`${name} at ${call}`);
    this.name = name;
  }
}

export const own = (call: string, reason: OwnReason, detail?: string): WorkerFailure =>
  new WorkerFailure(call, reason, detail);

/** Runs one call of the module, so that what it throws names the call. */
export function attempt<T>(call: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw failureOf(call, error);
  }
}

export async function attemptAsync<T>(call: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw failureOf(call, error);
  }
}

export function failureOf(call: string, error: unknown): WorkerFailure {
  if (error instanceof WorkerFailure) return error;
  const name = error instanceof Error ? error.message : '';
  return CRYPTOKI_NAME.test(name) ? new WorkerFailure(call, name) : own(call, 'UNEXPECTED');
}
