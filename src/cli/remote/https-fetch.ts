import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { Readable } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import type { Fetch } from 'kkp-sdk';

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/**
 * As much of `fetch` as the SDK uses, with certificates, which that of Node takes only from the package undici: a text is sent, no
 * redirect is followed, a connection is for one request.
 */
export function httpsFetch(certificates: SecureContextOptions): Fetch {
  return async (url, { method = 'GET', headers, body, signal }) => {
    const sent = request(url, {
      ...certificates,
      method,
      headers: Object.fromEntries(new Headers(headers)),
      agent: false,
      ...(signal && { signal }),
    });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.on('response', resolve).on('error', reject);
      // Without an error where the server would change the protocol.
      sent.on('close', () => reject(new Error('no answer')));
      sent.end(typeof body === 'string' ? body : undefined);
    });
    return responseOf(answer);
  };
}

function responseOf(answer: IncomingMessage): Response {
  const { statusCode: status = 0, headersDistinct } = answer;
  const pairs = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const body = WITHOUT_BODY.includes(status) ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return new Response(body, { status, headers: pairs });
}
