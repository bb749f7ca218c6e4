import { isKmsError, type Call, type Host } from 'kkp-plugin-kit';
import type { VaultConfig } from './config.js';
import { connectionError, strangeAnswer, unavailable, vaultError, type Operation } from './errors.js';

const MOST_BYTES = 1024 * 1024;
/** Timers of more than 2^31 - 1 ms fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export interface VaultRequest {
  readonly operation: Operation;
  /** Below `/v1/`. */
  readonly path: string;
  /** Sent by POST; without it the request is a GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly token?: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** One request to Vault, sent exactly once. TLS is Node's own: NODE_EXTRA_CA_CERTS names further authorities. */
export class VaultHttp {
  readonly #address: string;
  readonly #namespace: string | undefined;
  readonly #clock: Host['clock'];

  constructor({ address, namespace }: VaultConfig, clock: Host['clock']) {
    this.#address = address;
    this.#namespace = namespace;
    this.#clock = clock;
  }

  /**
   * The body of a success.
   *
   * @throws KmsError for everything else
   */
  async send(request: VaultRequest, call: Call): Promise<JsonObject> {
    return withinCall(call, this.#clock, async (signal) => {
      const response = await fetch(`${this.#address}/v1/${request.path}`, {
        method: request.body ? 'POST' : 'GET',
        headers: this.#headers(request),
        // A redirect would take the token to another host.
        redirect: 'manual',
        signal,
        ...(request.body && { body: JSON.stringify(request.body) }),
      });
      const body = parseObject(await readText(response));
      if (!response.ok) throw vaultError(request.operation, refusalOf(response, body));
      if (!body) throw strangeAnswer();
      return body;
    });
  }

  #headers({ operation, body, token }: VaultRequest): Record<string, string> {
    return {
      accept: 'application/json',
      'x-vault-request': 'true',
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { 'x-vault-token': token }),
      // sys/health knows no namespaces.
      ...(this.#namespace !== undefined &&
        operation !== 'health' && { 'x-vault-namespace': this.#namespace }),
    };
  }
}

/** Runs `work` until it ends, the call is aborted or its deadline has passed. Only `KmsError` leaves. */
async function withinCall<T>(
  { signal, deadline }: Call,
  clock: Host['clock'],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  const left = deadline - clock.now();
  if (signal.aborted || left <= 0) throw unavailable('The call was aborted, or its deadline has passed.');
  const timer = setTimeout(abort, Math.min(left, LONGEST_WAIT_MS));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await work(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) throw unavailable('The call was aborted, or its deadline has passed.');
    throw isKmsError(error) ? error : connectionError(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > MOST_BYTES) throw strangeAnswer();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf({ status, headers }: Response, body: JsonObject | undefined) {
  const errors = Array.isArray(body?.errors) ? body.errors.filter((item) => typeof item === 'string') : [];
  return { status, errors, retryAfterMs: retryAfterMs(headers.get('retry-after')) };
}

/** Vault says whole seconds (vault/quotas/quotas_rate_limit.go), and only where `enable_rate_limit_response_headers` is on. */
function retryAfterMs(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
