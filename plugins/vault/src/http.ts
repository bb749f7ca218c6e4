import { isKmsError, withinCall, type Call, type Host } from 'kkp-plugin-kit';
import type { VaultConfig } from './config.js';
import { connectionError, strangeAnswer, vaultError, type Operation } from './errors.js';

const MOST_BYTES = 1024 * 1024;

interface VaultRequest {
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
    try {
      return await withinCall(call, this.#clock, (signal) => this.#exchange(request, signal));
    } catch (error) {
      throw isKmsError(error) ? error : connectionError(error);
    }
  }

  async #exchange(request: VaultRequest, signal: AbortSignal): Promise<JsonObject> {
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
