import { isKmsError, type KmsErrorCode, type KmsHealth } from 'kkp-plugin-kit';
import type { AwsConfig } from './config.js';
import { isEnded } from './errors.js';
import type { Ask } from './session.js';

/**
 * Asks KMS whether it would encrypt with the health key. Without one it asks for a list of keys, where a refusal is an
 * answer too: KMS is there and knows KKP's credentials.
 */
export async function probe(
  { healthKeyId, grants }: Pick<AwsConfig, 'healthKeyId' | 'grants'>,
  ask: Ask,
  now: () => number,
): Promise<KmsHealth> {
  const started = now();
  const detail = await (healthKeyId === undefined
    ? probeService(ask)
    : probeKey({ KeyId: healthKeyId, ...grants }, ask));
  const checkedAt = now();
  const latencyMs = Math.max(checkedAt - started, 0);
  if (detail === undefined) return { status: 'up', latencyMs, checkedAt };
  return { status: detail === 'throttled' ? 'degraded' : 'down', latencyMs, checkedAt, detail };
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html */
async function probeKey(key: { readonly KeyId: string }, ask: Ask): Promise<KmsErrorCode | undefined> {
  const request = { ...key, Plaintext: Uint8Array.of(0), DryRun: true };
  return await failureOf(
    ask((kms, options) => kms.encrypt(request, options)),
    'DryRunOperationException',
  );
}

async function probeService(ask: Ask): Promise<KmsErrorCode | undefined> {
  return await failureOf(
    ask((kms, options) => kms.listKeys({ Limit: 1 }, options)),
    'AccessDeniedException',
  );
}

async function failureOf(answer: Promise<unknown>, fine: string): Promise<KmsErrorCode | undefined> {
  try {
    await answer;
    return undefined;
  } catch (error) {
    if (!isKmsError(error) || isEnded(error)) throw error;
    return error.providerCode === fine ? undefined : error.code;
  }
}
