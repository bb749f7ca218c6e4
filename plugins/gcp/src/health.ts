import { isKmsError, type Call, type Host, type KmsErrorCode, type KmsHealth } from 'kkp-plugin-kit';
import type { KmsClient } from './client.js';

/** What a probe may ask for, where there is any. */
interface ProbeKeys {
  readonly healthKey: string | undefined;
  readonly lastUsed: string | undefined;
}

/** Answers about one key, and so answers of a working service that knows KKP. */
const ABOUT_THE_KEY: readonly KmsErrorCode[] = [
  'not-found',
  'access-denied',
  'disabled-key',
  'unsupported',
  'invalid-request',
];

/**
 * Encrypts one byte with the health key: it must work. Without one, with the key that answered last: any answer of Cloud
 * KMS about that key will do. While no key has answered yet, a token is all that can be had.
 *
 * @throws KmsError when nobody waits any longer
 */
export async function probe(
  client: KmsClient,
  { healthKey, lastUsed }: ProbeKeys,
  call: Call,
  clock: Host['clock'],
): Promise<KmsHealth> {
  const started = clock.now();
  const key = healthKey ?? lastUsed;
  const work = key === undefined ? client.authorize(call) : probeKey(client, key, call);
  const detail = await failureOf(work, call, healthKey === undefined ? ABOUT_THE_KEY : []);
  const checkedAt = clock.now();
  const times = { latencyMs: Math.max(checkedAt - started, 0), checkedAt };
  if (detail === undefined) return { status: 'up', ...times };
  return { status: detail === 'throttled' ? 'degraded' : 'down', detail, ...times };
}

export async function probeKey(client: KmsClient, keyId: string, call: Call): Promise<void> {
  await client.encrypt(keyId, Uint8Array.of(0), undefined, call);
}

async function failureOf(
  work: Promise<void>,
  { signal }: Call,
  fine: readonly KmsErrorCode[],
): Promise<KmsErrorCode | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (signal.aborted || !isKmsError(error)) throw error;
    return error.side !== 'proxy' && fine.includes(error.code) ? undefined : error.code;
  }
}
