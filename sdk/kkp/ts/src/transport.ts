import { concat } from './bytes.js';
import type { Authorize } from './credentials.js';
import { KkpAbortError, KkpConnectionError, KkpError, KkpProtocolError, KkpTimeoutError } from './errors.js';

/** What the SDK needs of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The one of the platform at the time of the call, which somebody may have replaced since. */
export const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** One HTTP exchange; `timeoutMs` covers the whole of it, from the credential to the end of the body. */
export interface Exchange {
  url: string;
  init: RequestInit;
  timeoutMs: number;
  maxBytes: number;
  signal?: AbortSignal | undefined;
  authorize?: Authorize | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/** Sends and reads the answer whole. Redirects are refused: they would carry a token or a plaintext to another place. */
export async function send(fetch: Fetch, exchange: Exchange): Promise<Answer> {
  const { url, init, timeoutMs, maxBytes, signal, authorize } = exchange;
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const headers = new Headers(init.headers);
  try {
    if (authorize) await unlessAborted(() => authorize(headers), either);
    const response = await fetch(url, {
      ...init,
      headers,
      redirect: 'manual',
      credentials: 'omit',
      signal: either,
    });
    const { status } = response;
    // Browsers show a redirect as a response of type opaqueredirect and status 0.
    if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
      throw new KkpProtocolError('The server answered with a redirect, which is not followed.');
    }
    return { status, headers: response.headers, body: await readBody(response, maxBytes) };
  } catch (error) {
    if (error instanceof KkpError) throw error;
    if (signal?.aborted) throw new KkpAbortError('The call was aborted.', { cause: signal.reason });
    if (timeout.aborted) throw new KkpTimeoutError(`The server did not answer within ${timeoutMs} ms.`);
    throw new KkpConnectionError('The server could not be reached.', { cause: error });
  }
}

/** What `work` gives, unless the signal comes first: `work` itself may know nothing of it. */
function unlessAborted<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('aborted'));
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    work().then(resolve, reject);
  });
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.length;
    if (size > maxBytes) {
      await reader?.cancel();
      throw new KkpProtocolError(`The answer has more than ${maxBytes} bytes.`);
    }
    chunks.push(part.value);
  }
  return concat(chunks);
}

/** Checked here, since AbortSignal.timeout would overflow or throw late. */
export function checkTimeout(timeoutMs: number): number {
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 2 ** 31 - 1) {
    throw new RangeError('timeoutMs must be a whole number from 1 to 2147483647');
  }
  return timeoutMs;
}

/** An http or https URL without user, password, query and fragment; throws TypeError. */
export function checkUrl(name: string, value: string | URL): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError(`${name} must be an http or https URL without user, password, query and fragment`);
  }
  return url;
}
