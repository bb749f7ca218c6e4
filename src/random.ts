import { randomBytes, randomUUID } from 'node:crypto';

/** Where randomness comes from. Injected, so that known-answer tests can fix it. */
export interface Random {
  /** `length` fresh bytes, in a buffer that the caller owns and may overwrite. */
  bytes(length: number): Buffer;
  /** A lower-case version 4 UUID (RFC 9562). */
  uuid(): string;
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
};
