import { compactVerify } from 'jose';
import { KkpError } from '../../errors.js';
import type { CompactJws } from './compact.js';
import type { KeySet } from './key-set.js';
import type { GoodHeader } from './rules.js';

/**
 * Whether a JWS is signed by the key that its header names, with the algorithm that it names.
 * @throws KkpError `unavailable` when the keys are not to be had
 */
export async function isSigned({ text }: CompactJws, header: GoodHeader, keys: KeySet): Promise<boolean> {
  try {
    const key = await keys.keyFor(header);
    if (!key) return false;
    await compactVerify(text, key, { algorithms: [header.alg] });
    return true;
  } catch (error) {
    // Whatever jose finds wrong with a signature or with the key that it would need.
    if (!(error instanceof KkpError)) return false;
    throw error;
  }
}
