import type { Call, Host } from 'kkp-plugin-kit';
import type { Operation } from './error-rows.js';
import { answerError, strangeAnswer } from './errors.js';
import { readFailure } from './failure.js';
import type { AccessToken, Tokens } from './tokens.js';
import { overConnection } from './over-connection.js';

/** The longest answer holds 64 KiB in base64. */
const MOST_BYTES = 1024 * 1024;

interface GoogleRequest {
  readonly operation: Operation;
  /** Below `/v1/`. */
  readonly path: string;
  /** Sent by POST; without it the request is a GET. */
  readonly body?: Readonly<Record<string, string | undefined>>;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Sends one request to Cloud KMS, exactly once. */
export class GoogleHttp {
  readonly #endpoint: string;
  readonly #tokens: Tokens;
  readonly #clock: Host['clock'];

  constructor(endpoint: string, tokens: Tokens, clock: Host['clock']) {
    this.#endpoint = endpoint;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** Gets a token, so that the next request need not. */
  async authorize(call: Call): Promise<void> {
    await overConnection(call, this.#clock, async () => this.#tokens.get());
  }

  /**
   * The body of a success.
   *
   * @throws KmsError for everything else
   */
  async send(request: GoogleRequest, call: Call): Promise<JsonObject> {
    return await overConnection(call, this.#clock, async (signal) => {
      const token = await this.#tokens.get();
      const response = await fetch(`${this.#endpoint}/v1/${request.path}`, {
        method: request.body ? 'POST' : 'GET',
        headers: headersOf(request, token),
        // A redirect would take the plaintext to another host.
        redirect: 'manual',
        signal,
        ...(request.body && { body: JSON.stringify(request.body) }),
      });
      const body = parseObject(await readText(response));
      if (response.status === 401) this.#tokens.refused(token);
      if (response.status !== 200) {
        throw answerError(request.operation, readFailure(response, body, this.#clock.now()));
      }
      if (!body) throw strangeAnswer('JSON');
      return body;
    });
  }
}

function headersOf({ body }: GoogleRequest, { token, quotaProject }: AccessToken): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    ...(body && { 'content-type': 'application/json' }),
    ...(quotaProject !== undefined && { 'x-goog-user-project': quotaProject }),
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > MOST_BYTES) throw strangeAnswer('answer of a sensible size');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
