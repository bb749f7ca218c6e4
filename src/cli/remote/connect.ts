import { KkpClient } from 'kkp-sdk';
import { fetchWith } from './certificates.js';
import { readDpopKey, type DpopKeyOption } from './dpop-key.js';
import { UsageError } from './exit-codes.js';
import { readSecret } from './files.js';
import type { CommonOptions } from './remote-command.js';

/** @throws UsageError for two credentials, or for a file that cannot be read or used */
export async function connect(options: CommonOptions & DpopKeyOption): Promise<KkpClient> {
  const { url, timeout, dpopKey } = options;
  return new KkpClient({
    baseUrl: url,
    timeoutMs: timeout * 1000,
    ...(await fetchWith(options, url)),
    ...(await readCredentials(options)),
    ...(dpopKey !== undefined && { dpop: { key: await readDpopKey(dpopKey) } }),
  });
}

async function readCredentials({ credentialFile, apiKeyFile }: CommonOptions) {
  if (credentialFile !== undefined && apiKeyFile !== undefined) {
    throw new UsageError('give one credential: a credential file or an API key file, not both');
  }
  if (credentialFile !== undefined) return { credentials: await readSecret(credentialFile) };
  return apiKeyFile === undefined ? {} : { credentials: { apiKey: await readSecret(apiKeyFile) } };
}
