import { apiKeyCaller, type ApiKeyCaller } from '../api-keys.js';
import { Connection } from '../connection.js';
import { withKkp } from '../kkp-kind.js';
import { startServer, type RunningServer } from '../server-process.js';
import { startServices } from '../service-process.js';

/** A server, and how a caller decrypts there. */
export interface Case {
  readonly name: string;
  readonly server: RunningServer;
  /** What each caller sends. */
  readonly requests: readonly { readonly headers: Record<string, string>; readonly body: string }[];
}

/** Of the case with quotas: requests a minute of one caller. */
export const QUOTA = 1200;
const LATENCY_MS = 50;
/** Few, so that the key service is what bounds this case, long before the processor. */
const KEY_SERVICE = { kms_concurrency: 16, kms_queue: 32 };

type Work<T> = (found: Case) => Promise<T>;

/** A key service that takes its time, and does little at once. */
export async function withSlowKeyService<T>(work: Work<T>): Promise<T> {
  const services = await startServices(['vault']);
  try {
    const { backend, keyId } = services.services[0]!;
    const config = { backends: [{ ...backend, name: 'slow' }], limits: KEY_SERVICE };
    return await withCase('key service', config, { backend: 'slow', key_id: keyId }, async (found) => {
      await services.setFault({ kind: 'latency', ms: LATENCY_MS } as { readonly kind: string });
      return await work(found);
    });
  } finally {
    await services.stop();
  }
}

const IN_MEMORY = { backend: 'aws', key_id: 'alias/orders' };

/** Key services in memory: the processor is what bounds. */
export const withProcessor = <T>(work: Work<T>): Promise<T> => withCase('processor', {}, IN_MEMORY, work);

/** As `withProcessor`, with a quota. The second caller will be beyond it. */
export const withQuota = <T>(work: Work<T>): Promise<T> =>
  withCase('quota', { limits: { caller_requests_per_minute: QUOTA } }, IN_MEMORY, work);

async function withCase<T>(name: string, config: object, key: object, work: Work<T>): Promise<T> {
  const callers = [apiKeyCaller('one'), apiKeyCaller('two')];
  const keys = callers.map(({ entry }) => entry);
  return await withKkp(
    { name, config: { ...config, callers: [{ kind: 'api_key', keys }] } },
    async (kind) => {
      const server = await startServer(kind);
      try {
        const requests = await Promise.all(callers.map((caller) => decryption(server.url, caller, key)));
        return await work({ name, server, requests });
      } finally {
        await server.stop();
      }
    },
  );
}

/** For the caller's own token, which outlives the bench. */
async function decryption(url: string, { headers, entry }: ApiKeyCaller, key: object) {
  const connection = new Connection(url, headers);
  const subject = (entry as { name: string }).name;
  const grant = { ...key, subject, audience: 'reports', ttl_seconds: 900 };
  const { token } = await connection.want<{ token: string }>('/token', grant);
  const secret = { ...key, plaintext: 'The quick brown fox jumps over the lazy dog. '.repeat(6) };
  const { envelope } = await connection.want<{ envelope: object }>('/envelope/encrypt', secret);
  connection.close();
  return { headers, body: JSON.stringify({ token, envelope }) };
}
