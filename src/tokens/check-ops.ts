import { KkpError } from '../errors.js';
import type { TokenUse } from './optional-claims.js';
import type { TokenCheck } from './presented-tokens.js';

/** What a token that says nothing of its uses is for: the envelopes that are there. */
const DEFAULT_USES: readonly TokenUse[] = ['decrypt', 'rewrap'];

/** A token is for the uses that it names. @throws KkpError `policy_denied` */
export const checkOps: TokenCheck = ({ ops = DEFAULT_USES }, _asker, use) => {
  if (!ops.includes(use)) throw new KkpError('policy_denied', 'The token is for other operations.');
};
