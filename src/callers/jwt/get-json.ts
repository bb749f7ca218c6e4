import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { parseStrictJson } from '../../strict-json.js';
import type { JsonObject } from './compact.js';

const MOST_BYTES = 256 * 1024;
const TIMEOUT_MS = 5_000;

export interface GetOptions {
  /** Authorities in PEM that the server must be vouched for by; default: those of Node. */
  readonly ca?: string;
  readonly bearer?: string;
  readonly signal: AbortSignal;
}

/**
 * A JSON object from an issuer: 5 seconds and 256 KiB at most, and no redirect is followed.
 * @throws Error without anything of the answer
 */
export async function getJson(url: URL, { ca, bearer, signal }: GetOptions): Promise<JsonObject> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, {
      ...(ca !== undefined && { ca }),
      // One connection for each request: keys are asked for every few minutes.
      agent: false,
      headers: {
        accept: 'application/json',
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
      .on('response', resolve)
      .on('error', reject)
      .end();
  });
  try {
    if (response.statusCode !== 200) throw new Error(`The issuer answered with ${response.statusCode}.`);
    const json = parseStrictJson(await readBounded(response));
    if (!json) throw new Error('The issuer answered with something else than one JSON object.');
    return json;
  } finally {
    response.destroy();
  }
}

async function readBounded(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`The issuer answered with more than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
