import type { Asker } from '../access/index.js';
import type { Confirmation } from '../tokens/index.js';

/**
 * The key that a new token is bound to: that of the DPoP proof (RFC 9449 section 5), else the certificate by which the
 * client itself was authenticated (RFC 8705 section 3). A certificate of the connection that is not the caller's is a
 * proxy's, in which everybody behind it would share.
 */
export function confirmationOf({ caller, proof, certificateThumbprint }: Asker): Confirmation | undefined {
  if (proof) return { jkt: proof.jkt };
  if (certificateThumbprint === undefined || !('attributes' in caller) || caller.kind !== 'mtls')
    return undefined;
  return caller.attributes['x5t#S256'] === certificateThumbprint
    ? { 'x5t#S256': certificateThumbprint }
    : undefined;
}
