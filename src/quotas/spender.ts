import { createHash } from 'node:crypto';
import { isAuthenticated, type Caller } from '../callers/index.js';
import { networkOf } from './network.js';

/** Who asks, as far as quotas tell callers apart. */
export interface Spender {
  readonly caller: Caller;
  /** The connection's other end; absent for code of this process. */
  readonly address?: string;
}

/** Whose requests are counted together: one caller's, else those from one network, before any token was verified. */
export function requesterId({ caller, address }: Spender): string {
  if (isAuthenticated(caller)) return idOf('caller', caller.kind, caller.issuer, caller.id);
  return address === undefined ? idOf('process') : idOf('network', networkOf(address));
}

/** Whose tokens and decryptions are counted together: as requests, but a token that came alone counts for its subject. */
export const spenderId = (spender: Spender, subject: unknown): string =>
  spender.caller.kind === 'none' && typeof subject === 'string'
    ? idOf('subject', subject)
    : requesterId(spender);

/** Short, however long a name is. */
const idOf = (...parts: readonly (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
