import { hash } from 'node:crypto';
import { isAuthenticated, type Caller } from '../callers/index.js';
import { networkOf } from './network.js';

/** Who asks, as far as quotas tell callers apart. */
export interface Spender {
  readonly caller: Caller;
  /** The connection's other end; absent for code of this process. */
  readonly address?: string;
}

/** Whose requests and tokens are counted together: one caller's, else those from one network, before any token was verified. */
export function requesterId({ caller, address }: Spender): string {
  if (isAuthenticated(caller)) return idOf('caller', caller.kind, caller.issuer, caller.id);
  return address === undefined ? idOf('process') : idOf('network', networkOf(address));
}

/**
 * Whose decryptions are counted: those of whoever asks, or of the subject of a token that came alone. A caller with a token of
 * its own name counts as both, or it would have twice as much by leaving its credential out. Callers of that name at other
 * issuers share the subject's count, as under the default policy they share its tokens; none can spend it without one.
 */
export function decrypterIds(spender: Spender, subject: unknown): readonly string[] {
  const { caller } = spender;
  const requester = requesterId(spender);
  if (typeof subject !== 'string') return [requester];
  if (caller.kind === 'none') return [idOf('subject', subject)];
  return isAuthenticated(caller) && caller.id === subject
    ? [requester, idOf('subject', subject)]
    : [requester];
}

/** Short, however long a name is. */
const idOf = (...parts: readonly (string | undefined)[]): string =>
  hash('sha256', JSON.stringify(parts), 'base64url');
