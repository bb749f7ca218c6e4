import { Option } from 'commander';
import { importDpopKey, type DpopKey } from 'kkp-sdk';
import { UsageError } from './exit-codes.js';
import { readPrivateFile } from './files.js';
import { privateKeyIn } from './private-key.js';

export interface DpopKeyOption {
  readonly dpopKey?: string;
}

export const dpopKeyOption = (): Option =>
  new Option('--dpop-key <file>', 'private key, in PEM, that tokens are bound to: see kkp dpop').env(
    'KKP_DPOP_KEY_FILE',
  );

/**
 * A private key of Ed25519 or P-256 in PEM, as `kkp dpop create` and openssl write them.
 * @throws UsageError for anything else, and for a file that others than its owner may use
 */
export async function readDpopKey(path: string): Promise<DpopKey> {
  const pem = await readPrivateFile(path);
  const jwk = privateKeyIn(pem)?.export({ format: 'jwk' });
  const isTaken = jwk?.crv === 'Ed25519' || jwk?.crv === 'P-256';
  if (!isTaken)
    throw new UsageError(`${path} is no private key of Ed25519 or P-256 in PEM, without a passphrase`);
  return importDpopKey(jwk as Parameters<typeof importDpopKey>[0]);
}
