import { KkpError } from '../errors.js';
import type { TokenUse } from './optional-claims.js';
import type { TokenCheck } from './presented-tokens.js';

/** What a token that says nothing of its uses is for: the envelopes that are there. */
const DEFAULT_USES: readonly TokenUse[] = ['decrypt', 'rewrap'];

/** What a token with these claims can be used for. */
export const usesOf = ({ ops = DEFAULT_USES }: { readonly ops?: readonly TokenUse[] }): readonly TokenUse[] =>
  ops;

/** A token is for the uses that it names, and whatever they are, it can be exchanged. @throws KkpError `policy_denied` */
export const checkOps: TokenCheck = (claims, _asker, use) => {
  if (use !== 'exchange' && !usesOf(claims).includes(use)) {
    throw new KkpError('policy_denied', 'The token is for other operations.');
  }
};
