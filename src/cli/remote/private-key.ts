import { createPrivateKey, type KeyObject } from 'node:crypto';

/** Undefined for what is none: what Node says of it is of no use to whoever typed the command. */
export function privateKeyIn(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
